import type { ServerRequest } from "../../http.ts"
import { isRecord } from "../checks.ts"
import { errors } from "../errors.ts"
import { invalidType, Refusal } from "./reply.ts"

export type Query = ReadonlyMap<string, ReadonlyArray<string>>

/** Reads a query. Refuses unknown parameters, and repeated ones unless the name ends with `[]`. */
export const queryOf = (request: ServerRequest, known: ReadonlyArray<string>): Query => {
  const query = new Map<string, ReadonlyArray<string>>()
  for (const [name, value] of request.query) {
    if (name === "api-version") continue
    if (!known.includes(name) && !known.includes(name.replace(/\[.+\]$/s, "[key]"))) {
      throw new Refusal(errors.unknown_parameter(name))
    }
    const before = query.get(name)
    if (before !== undefined && !name.endsWith("[]")) throw new Refusal(errors["invalid_value/twice"](name))
    query.set(name, [...(before ?? []), value])
  }
  return query
}

export const one = (query: Query, name: string): string | undefined => query.get(name)?.[0]

/** Returns a whole number, or `undefined` if it is missing. */
export const integer = (query: Query, name: string): number | undefined => {
  const text = one(query, name)
  if (text === undefined) return undefined
  if (!/^[+-]?\d+$/.test(text)) throw new Refusal(errors.invalid_type(name, "an integer", `'${text}'`))
  return Number(text)
}

/** Returns a flag. Default: false. */
export const flag = (query: Query, name: string): boolean => {
  const text = one(query, name) ?? "false"
  if (text !== "true" && text !== "false") throw new Refusal(errors.invalid_type(name, "a boolean", `'${text}'`))
  return text === "true"
}

/** Returns the value of a parameter, which must be one of two words. */
export const oneOf = <A extends string>(name: string, text: string, words: readonly [A, A]): A => {
  const found = words.find((word) => word === text)
  if (found !== undefined) return found
  throw new Refusal(errors["invalid_value/word"](name, text, words.join("' and '")))
}

type Fields = Readonly<Record<string, unknown>>

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new Refusal(errors["none/not-json"]())
  }
}

/** Returns the fields of a JSON body. Other fields are refused. */
export const bodyOf = (request: ServerRequest, names: ReadonlyArray<string>): Fields => {
  const contentType = request.headers["content-type"]
  if (contentType !== undefined && !/[/+]json\b/i.test(contentType)) {
    throw new Refusal(errors.unsupported_content_type(contentType))
  }
  const body = parsed(request.body)
  if (!isRecord(body)) throw invalidType("body", "an object", body)
  const unknown = Object.keys(body).find((name) => !names.includes(name))
  if (unknown !== undefined) throw new Refusal(errors.unknown_parameter(unknown))
  return body
}

export const textsOf = (name: string, value: unknown): ReadonlyArray<string> => {
  if (value === undefined) throw new Refusal(errors.missing_required_parameter(name))
  if (!Array.isArray(value)) throw invalidType(name, "an array of strings", value)
  return value.map((text: unknown, i) => {
    if (typeof text !== "string") throw invalidType(`${name}[${i}]`, "a string", text)
    return text
  })
}
