/** The files that are made of OpenAI's public OpenAPI document. */
import { createHash } from "node:crypto"
import { cut } from "./cut.ts"
import { mend } from "./mend.ts"

export const digest = (text: string): string => createHash("sha256").update(text).digest("hex")

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
  return { fixture, origin: `${JSON.stringify(origin, undefined, 2)}\n`, corrections: mended.corrections }
}
