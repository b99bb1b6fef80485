import { sha256 as hash } from "@noble/hashes/sha2"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"

/** `sha256:<hex>` of a text in UTF-8. At once, not in a promise, so that no test's clock runs ahead meanwhile. */
export const sha256 = (text: string): Effect.Effect<string> =>
  Effect.sync(() => `sha256:${Encoding.encodeHex(hash(text))}`)
