/** The files that are made of OpenAI's public OpenAPI document. */
import { createHash } from "node:crypto"
import { cut } from "./cut.ts"
import { isNode, mend, type Node, resolve } from "./mend.ts"

export const digest = (text: string): string => createHash("sha256").update(text).digest("hex")

/** The module of the fake with the types of audit events, as the formatter leaves it. */
export const eventTypesOf = (document: Node): string => {
  const schema = resolve(document, "#/components/schemas/AuditLogEventType")
  const types = isNode(schema) && Array.isArray(schema["enum"]) ? schema["enum"].map(String) : []
  const lines = types.join(" ").replaceAll(/(.{1,110})(?: |$)/g, "    $1\n")
  return `/** The types of audit events in OpenAI's API specification. Written by \`npm run fixture:openapi\`. */
export const eventTypes: ReadonlySet<string> = new Set(
  \`
${lines}\`
    .trim()
    .split(/\\s+/)
)
`
}

export const textOf = (document: unknown): string => `${JSON.stringify(document, undefined, 1)}\n`

/** The fixture and what was corrected in it, and of what it was made: one that was edited by hand has another digest. */
export const made = (document: string, commit: string) => {
  const mended = mend(cut(JSON.parse(document)))
  const fixture = textOf(mended.document)
  const origin = {
    document: `https://github.com/openai/openai-openapi/blob/${commit}/openapi.json`,
    documentSha256: digest(document),
    fixtureSha256: digest(fixture)
  }
  return {
    fixture,
    eventTypes: eventTypesOf(mended.document),
    origin: `${JSON.stringify(origin, undefined, 2)}\n`,
    corrections: mended.corrections
  }
}
