import type { ServerRequest } from "../../http.ts"
import { isRecord } from "../checks.ts"
import * as Envelope from "./envelope.ts"

type Fields = Readonly<Record<string, unknown>>

const notJson = new Envelope.Refusal(
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
    throw new Envelope.Refusal(
      400,
      `Unsupported content type: '${contentType}'. This API method only accepts 'application/json' requests, but you specified the header 'Content-Type: ${contentType}'.`,
      { code: "unsupported_content_type" }
    )
  }
  const body = parsed(request.body)
  if (!isRecord(body)) throw Envelope.invalidType("body", "an object", body)
  const unknown = Object.keys(body).find((name) => !names.includes(name))
  if (unknown !== undefined) throw Envelope.unknownParameter(unknown)
  return body
}

/** A field that is a list of texts. */
export const textsOf = (name: string, value: unknown): ReadonlyArray<string> => {
  if (value === undefined) throw Envelope.missingParameter(name)
  if (!Array.isArray(value)) throw Envelope.invalidType(name, "an array of strings", value)
  return value.map((text: unknown, i) => {
    if (typeof text !== "string") throw Envelope.invalidType(`${name}[${i}]`, "a string", text)
    return text
  })
}
