import { sha256 as hash } from "@noble/hashes/sha2"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"

/** `sha256:<hex>` of a text in UTF-8. At once, not in a promise, so that no test's clock runs ahead meanwhile. */
export const sha256 = (text: string): Effect.Effect<string> =>
  Effect.sync(() => `sha256:${Encoding.encodeHex(hash(text))}`)

/** Says so if a text is not the one with this SHA-256, with or without `sha256:` before it. */
export const mismatch = (text: string, given: string | undefined): Effect.Effect<string | undefined> =>
  Effect.map(sha256(text), (actual) => {
    const expected = given?.replace(/^(sha256:)?/i, "sha256:").toLowerCase()
    return expected === undefined || expected === actual ? undefined : `it is not the one with ${expected}`
  })
