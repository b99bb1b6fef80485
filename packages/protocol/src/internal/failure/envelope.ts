import { isObject } from "../isObject.ts"

/** `undefined` of what is no JSON. */
export const parseJson = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

/** Codes are seen as numbers too. */
const text = (value: unknown): string | undefined =>
  typeof value === "string" ? value : typeof value === "number" ? String(value) : undefined

/** Reads `{"error":{message,type,param,code}}`, and the message of `{"error":"…"}`, which is no envelope. */
export const parse = (body: string) => {
  const json = parseJson(body)
  const error = isObject(json) ? json["error"] : undefined
  const fields = isObject(error) ? error : { message: error }
  return {
    /** Whether it is the API's own envelope: an object whose `error` is an object with a string `message`. */
    isEnvelope: isObject(error) && typeof fields["message"] === "string",
    message: text(fields["message"]),
    type: text(fields["type"]),
    param: text(fields["param"]),
    code: text(fields["code"])
  }
}

/** What an error body says. Of a body that is no error envelope nothing is known. */
export type ErrorBody = ReturnType<typeof parse>

/** Types and codes of a 429 that no wait gets past. */
const quota = new Set(["insufficient_quota", "credit_balance_exhausted"])

export const quotaOf = ({ code, type }: ErrorBody): string | undefined =>
  [code, type].find((word) => word !== undefined && quota.has(word))

/** The scopes that a message names as missing; none when it is of something else. */
export const scopesOf = ({ code, message }: ErrorBody): ReadonlyArray<string> | undefined => {
  const named = /missing scopes?:?(.*)/is.exec(message ?? "")?.[1]
  if (named !== undefined) return named.match(/[\w-]+(?:\.[\w-]+)+/g) ?? []
  return code === "missing_scope" ? [] : undefined
}
