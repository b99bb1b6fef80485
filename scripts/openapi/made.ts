/** The files that are made of OpenAI's public OpenAPI document. */
import { createHash } from "node:crypto"
import { cut } from "./cut.ts"
import { type Correction, mend } from "./mend.ts"

export const digest = (text: string): string => createHash("sha256").update(text).digest("hex")

export const textOf = (document: unknown): string => `${JSON.stringify(document, undefined, 1)}\n`

export interface Made {
  readonly fixture: string
  /** Of what the fixture was made, and its digest: one that was edited by hand has another. */
  readonly origin: string
  readonly corrections: ReadonlyArray<Correction>
}

export const made = (document: string, commit: string): Made => {
  const mended = mend(cut(JSON.parse(document)))
  const fixture = textOf(mended.document)
  const origin = {
    document: `https://github.com/openai/openai-openapi/blob/${commit}/openapi.json`,
    documentSha256: digest(document),
    fixtureSha256: digest(fixture)
  }
  return { fixture, origin: `${JSON.stringify(origin, undefined, 2)}\n`, corrections: mended.corrections }
}
