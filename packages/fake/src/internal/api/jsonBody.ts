import type { Reply, ServerRequest } from "../../http.ts"
import { isRecord } from "../checks.ts"
import * as Envelope from "./envelope.ts"

type Fields = Readonly<Record<string, unknown>>

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

/** The fields of a body that is a JSON object with these names and no others. */
export const bodyOf = (request: ServerRequest, names: ReadonlyArray<string>): Fields | Reply => {
  const contentType = request.headers["content-type"]
  if (contentType !== undefined && !/[/+]json\b/i.test(contentType)) {
    return Envelope.failure(
      400,
      `Unsupported content type: '${contentType}'. This API method only accepts 'application/json' requests, but you specified the header 'Content-Type: ${contentType}'.`,
      { code: "unsupported_content_type" }
    )
  }
  const body = parsed(request.body)
  if (body === undefined) return notJson
  if (!isRecord(body.value)) return Envelope.invalidType("body", "an object", body.value)
  const unknown = Object.keys(body.value).find((name) => !names.includes(name))
  return unknown === undefined ? body.value : Envelope.unknownParameter(unknown)
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
