import type { Reply, ServerRequest } from "../../http.ts"
import * as Envelope from "../api/envelope.ts"

/** The parameters of a request by name, each with its values. */
export type Query = ReadonlyMap<string, ReadonlyArray<string>>

/** Refuses what is not known, and what is given twice unless its name ends with `[]`. */
export const queryOf = (request: ServerRequest, known: ReadonlyArray<string>): Query | Reply => {
  const query = new Map<string, ReadonlyArray<string>>()
  for (const [name, value] of request.query) {
    if (name === "api-version") continue
    if (!known.includes(name) && !known.includes(name.replace(/\[.+\]$/s, "[key]")))
      return Envelope.unknownParameter(name)
    const before = query.get(name)
    if (before !== undefined && !name.endsWith("[]")) return Envelope.invalidValue(name, "it was given more than once.")
    query.set(name, [...(before ?? []), value])
  }
  return query
}

export const isReply = (value: object): value is Reply => "status" in value

export const one = (query: Query, name: string): string | undefined => query.get(name)?.[0]

const wrongType = (name: string, expected: string, text: string): Reply =>
  Envelope.failure(400, `Invalid type for '${name}': expected ${expected}, but got '${text}' instead.`, {
    param: name,
    code: "invalid_type"
  })

/** A whole number, or `undefined` if it is not given. */
export const integer = (query: Query, name: string): number | undefined | Reply => {
  const text = one(query, name)
  if (text === undefined) return undefined
  return /^[+-]?\d+$/.test(text) ? Number(text) : wrongType(name, "an integer", text)
}

/** `true` or `false`; false if it is not given. */
export const flag = (query: Query, name: string): boolean | Reply => {
  const text = one(query, name) ?? "false"
  return text === "true" || text === "false" ? text === "true" : wrongType(name, "a boolean", text)
}

/** One of two words. */
export const oneOf = <A extends string>(name: string, text: string, words: readonly [A, A]): A | Reply =>
  words.find((word) => word === text) ??
  Envelope.invalidValue(name, `value '${text}' is not supported. Supported values are: '${words.join("' and '")}'.`)
