import { behavior } from "@checkpoint-permissions/fake"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import { differencesOf } from "../src/internal/parity/recording/replay.ts"
import { checkpoint } from "./support/parityServer.ts"
import { mistakes, plant } from "./support/planted.ts"
import { recorded } from "./support/recorded.ts"

/** Mistakes that the replay cannot find in a run of parity. */
const notFound = new Map([
  ["a page behind a cursor says that nothing follows", "parity reads no page behind a cursor that others follow"],
  ["a listing never has what was created", "a listing that lags by more than a minute does the same"]
])

const permissions = Array.from({ length: 137 }, (_, i) => ({
  id: `cp_${i}`,
  project_id: `proj_${i}`,
  created_at: 1_700_000_000 + i * 60
}))

const server = {
  behavior: { keys: [behavior.adminKey("sk-admin-1")] },
  seed: { [checkpoint]: permissions },
  organization: {
    events: permissions.slice(-30).map(({ created_at, id, project_id }) => ({
      type: "checkpoint.permission.created",
      effective_at: created_at,
      permission_id: id,
      project_id,
      fine_tuned_model_checkpoint: checkpoint
    }))
  }
}

const differencesAt = async (planted?: Parameters<typeof recorded>[0]["planted"]) => {
  const recording = await Effect.runPromise(recorded({ server, writes: true, ...(planted && { planted }) }))
  return differencesOf(Either.getOrThrowWith(recording, (faults) => faults))
}

describe("a recording of a server with a mistake", () => {
  it("has no difference without one", async () => {
    const unchanged = plant(() => (_, send) => send({}))
    assert.deepStrictEqual([await differencesAt(), await differencesAt(unchanged)], [[], []])
  })

  for (const [kind, some] of Object.entries(mistakes)) {
    for (const [name, make] of Object.entries(some)) {
      it(`${kind}: ${name}`, async () => {
        const isFound = (await differencesAt(plant(make))).length > 0
        assert.strictEqual(isFound, !notFound.has(name), notFound.get(name))
      })
    }
  }
})
