import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Effect from "effect/Effect"
import { fileOf, together } from "./check.ts"
import type { InvalidPolicy } from "./mistake.ts"
import type { AccessPolicy, Source } from "./model.ts"
import { read } from "./read.ts"

/**
 * Reads several texts as one policy. Groups and names hold for all of them. Refused: a checkpoint in two of them, and a
 * group or a name that two of them define differently.
 *
 * @category reading
 */
export const merge = (sources: NonEmptyReadonlyArray<Source>): Effect.Effect<AccessPolicy, InvalidPolicy> =>
  Effect.suspend(() => together(sources.map(({ file, text }) => fileOf(file, read(text.replace(/^\ufeff/, ""))))))
