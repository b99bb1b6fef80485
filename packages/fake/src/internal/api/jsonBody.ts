import type { Reply, ServerRequest } from "../../http.ts"
import { isRecord } from "../checks.ts"
import * as Envelope from "./envelope.ts"

const notJson = Envelope.failure(
  400,
  "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)"
)

const parsed = (text: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

export type JsonBody =
  | { readonly _tag: "Fields"; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly _tag: "Refused"; readonly reply: Reply }

const refused = (reply: Reply): JsonBody => ({ _tag: "Refused", reply })

/** The fields of a body that is a JSON object with these names and no others. */
export const bodyOf = (request: ServerRequest, names: ReadonlyArray<string>): JsonBody => {
  const contentType = request.headers["content-type"]
  if (contentType !== undefined && !/[/+]json\b/i.test(contentType)) {
    return refused(
      Envelope.failure(
        400,
        `Unsupported content type: '${contentType}'. This API method only accepts 'application/json' requests, but you specified the header 'Content-Type: ${contentType}'.`,
        { code: "unsupported_content_type" }
      )
    )
  }
  const body = parsed(request.body)
  if (body === undefined) return refused(notJson)
  if (!isRecord(body.value)) return refused(Envelope.invalidType("body", "an object", body.value))
  const unknown = Object.keys(body.value).find((name) => !names.includes(name))
  return unknown === undefined ? { _tag: "Fields", fields: body.value } : refused(Envelope.unknownParameter(unknown))
}

/** A field that is a list of texts. */
export const textsOf = (name: string, value: unknown): ReadonlyArray<string> | Reply => {
  if (value === undefined) return Envelope.missingParameter(name)
  if (!Array.isArray(value)) return Envelope.invalidType(name, "an array of strings", value)
  const texts: Array<string> = []
  for (const [i, text] of value.entries()) {
    if (typeof text !== "string") return Envelope.invalidType(`${name}[${i}]`, "a string", text)
    texts.push(text)
  }
  return texts
}
