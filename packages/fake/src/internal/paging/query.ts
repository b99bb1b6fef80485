import type { Reply, ServerRequest } from "../../http.ts"
import * as Envelope from "../api/envelope.ts"

/** The parameters of a request by name, each with its values. */
export type Query = ReadonlyMap<string, ReadonlyArray<string>>

/** Refuses what is not known, and what is given twice unless its name ends with `[]`. */
export const queryOf = (request: ServerRequest, known: ReadonlyArray<string>): Query => {
  const query = new Map<string, ReadonlyArray<string>>()
  for (const [name, value] of request.query) {
    if (name === "api-version") continue
    if (!known.includes(name) && !known.includes(name.replace(/\[.+\]$/s, "[key]"))) {
      throw Envelope.unknownParameter(name)
    }
    const before = query.get(name)
    if (before !== undefined && !name.endsWith("[]")) throw Envelope.invalidValue(name, "it was given more than once.")
    query.set(name, [...(before ?? []), value])
  }
  return query
}

export const isReply = (value: object): value is Reply => "status" in value

export const one = (query: Query, name: string): string | undefined => query.get(name)?.[0]

/** A whole number, or `undefined` if it is not given. */
export const integer = (query: Query, name: string): number | undefined => {
  const text = one(query, name)
  if (text === undefined) return undefined
  if (!/^[+-]?\d+$/.test(text)) throw Envelope.wrongType(name, "an integer", `'${text}'`)
  return Number(text)
}

/** `true` or `false`; false if it is not given. */
export const flag = (query: Query, name: string): boolean => {
  const text = one(query, name) ?? "false"
  if (text !== "true" && text !== "false") throw Envelope.wrongType(name, "a boolean", `'${text}'`)
  return text === "true"
}

/** One of two words. */
export const oneOf = <A extends string>(name: string, text: string, words: readonly [A, A]): A => {
  const found = words.find((word) => word === text)
  if (found !== undefined) return found
  throw Envelope.invalidValue(
    name,
    `value '${text}' is not supported. Supported values are: '${words.join("' and '")}'.`
  )
}
