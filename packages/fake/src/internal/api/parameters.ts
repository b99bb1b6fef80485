import type { ServerRequest } from "../../http.ts"
import { isRecord } from "../checks.ts"
import { invalidType, invalidValue, missingParameter, Refusal, unknownParameter, wrongType } from "./reply.ts"

/** The parameters of a request by name, each with its values. */
export type Query = ReadonlyMap<string, ReadonlyArray<string>>

/** Refuses what is not known, and what is given twice unless its name ends with `[]`. */
export const queryOf = (request: ServerRequest, known: ReadonlyArray<string>): Query => {
  const query = new Map<string, ReadonlyArray<string>>()
  for (const [name, value] of request.query) {
    if (name === "api-version") continue
    if (!known.includes(name) && !known.includes(name.replace(/\[.+\]$/s, "[key]"))) {
      throw unknownParameter(name)
    }
    const before = query.get(name)
    if (before !== undefined && !name.endsWith("[]")) throw invalidValue(name, "it was given more than once.")
    query.set(name, [...(before ?? []), value])
  }
  return query
}

export const one = (query: Query, name: string): string | undefined => query.get(name)?.[0]

/** A whole number, or `undefined` if it is not given. */
export const integer = (query: Query, name: string): number | undefined => {
  const text = one(query, name)
  if (text === undefined) return undefined
  if (!/^[+-]?\d+$/.test(text)) throw wrongType(name, "an integer", `'${text}'`)
  return Number(text)
}

/** `true` or `false`; false if it is not given. */
export const flag = (query: Query, name: string): boolean => {
  const text = one(query, name) ?? "false"
  if (text !== "true" && text !== "false") throw wrongType(name, "a boolean", `'${text}'`)
  return text === "true"
}

/** One of two words. */
export const oneOf = <A extends string>(name: string, text: string, words: readonly [A, A]): A => {
  const found = words.find((word) => word === text)
  if (found !== undefined) return found
  throw invalidValue(name, `value '${text}' is not supported. Supported values are: '${words.join("' and '")}'.`)
}

type Fields = Readonly<Record<string, unknown>>

const notJson = new Refusal(
  400,
  "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)"
)

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw notJson
  }
}

/** The fields of a body that is a JSON object with these names and no others. */
export const bodyOf = (request: ServerRequest, names: ReadonlyArray<string>): Fields => {
  const contentType = request.headers["content-type"]
  if (contentType !== undefined && !/[/+]json\b/i.test(contentType)) {
    throw new Refusal(
      400,
      `Unsupported content type: '${contentType}'. This API method only accepts 'application/json' requests, but you specified the header 'Content-Type: ${contentType}'.`,
      { code: "unsupported_content_type" }
    )
  }
  const body = parsed(request.body)
  if (!isRecord(body)) throw invalidType("body", "an object", body)
  const unknown = Object.keys(body).find((name) => !names.includes(name))
  if (unknown !== undefined) throw unknownParameter(unknown)
  return body
}

/** A field that is a list of texts. */
export const textsOf = (name: string, value: unknown): ReadonlyArray<string> => {
  if (value === undefined) throw missingParameter(name)
  if (!Array.isArray(value)) throw invalidType(name, "an array of strings", value)
  return value.map((text: unknown, i) => {
    if (typeof text !== "string") throw invalidType(`${name}[${i}]`, "a string", text)
    return text
  })
}
