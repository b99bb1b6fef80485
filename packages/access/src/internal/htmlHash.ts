import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import { sha256 } from "./sha256.ts"

/** As a content security policy writes it. */
export const sha256Base64 = (text: string): Effect.Effect<string> =>
  Effect.flatMap(sha256(text), (digest) =>
    Effect.orDie(Effect.map(Encoding.decodeHex(digest.slice("sha256:".length)), Encoding.encodeBase64))
  )
