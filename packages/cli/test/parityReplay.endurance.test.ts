import type { FakePermissions } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import * as fc from "effect/FastCheck"
import { isEndurance } from "../../../scripts/endurance.ts"
import * as Grammar from "../src/internal/parity/recording/grammar.ts"
import { textOf } from "../src/internal/parity/recording/record.ts"
import { differencesOf } from "../src/internal/parity/recording/replay.ts"
import { checkpoint, someBehavior } from "./support/parityServer.ts"
import { recorded } from "./support/recorded.ts"

const replayable = someBehavior.filter(
  ({ auditLag, listingLag, shortPages }) =>
    typeof shortPages !== "object" && shortPages !== "every-other" && listingLag !== 400 && auditLag !== 400
)

const replayedOf = async (server: FakePermissions.Options, writes: boolean) => {
  const recording = Either.getOrThrowWith(await Effect.runPromise(recorded({ server, writes })), (faults) => faults)
  assert.deepStrictEqual(Either.getOrThrow(Grammar.read(JSON.parse(textOf(recording)))), recording)
  return differencesOf(recording)
}

describe("a recording that is replayed", () => {
  it("has no difference, whatever of 17 settings the server had", () =>
    fc.assert(
      fc.asyncProperty(
        replayable,
        fc.constantFrom(0, 3, 37, 137, 250),
        fc.constantFrom(true, true, true, false),
        async (behavior, permissions, writes) => {
          const seed = { [checkpoint]: Array.from({ length: permissions }, (_, i) => `proj_${i}`) }
          assert.deepStrictEqual(await replayedOf({ behavior, seed }, writes), [])
        }
      ),
      { numRuns: isEndurance ? 500 : 15 }
    ))
})
