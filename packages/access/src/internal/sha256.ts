import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"

/** `sha256:<hex>` of a text in UTF-8. */
export const sha256 = (text: string): Effect.Effect<string> =>
  Effect.map(
    Effect.promise(() => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))),
    (hash) => `sha256:${Encoding.encodeHex(new Uint8Array(hash))}`
  )
