import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { Access, AccessMatrix } from "@checkpoint-permissions/access"
import { CheckpointPermissions } from "@checkpoint-permissions/client"
import { FakePermissions } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Stream } from "effect"
import { isEndurance } from "../../../scripts/endurance.ts"
import { checkpoint, onFake, project } from "./support/audit.ts"

const projects = Array.from({ length: 200 }, (_, n) => project(`proj_${String(n).padStart(24, "0")}`))
const count = isEndurance ? 300 : 60
const checkpoints = Array.from({ length: count }, (_, n) =>
  checkpoint(`ft:gpt-4o-mini-2024-07-18:org:model-${n}:B7R9VjQd`)
)
const server = FakePermissions.FakePermissions
const mebibytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(1)

setFlagsFromString("--expose-gc")
const gc: () => void = runInNewContext("gc")

/** Bytes that are in use. What is merely not swept yet differs between runtimes, not between audits. */
const inUse = (): number => {
  gc()
  const { external, heapUsed } = process.memoryUsage()
  return heapUsed + external
}

describe(`${count} × 200`, () => {
  it.effect(
    "every project can use every checkpoint: two listings each, in hardly more time than they take, in little memory",
    () =>
      Effect.gen(function* () {
        const fake = yield* server
        yield* fake.seed(Object.fromEntries(checkpoints.map((id) => [id, projects])))
        const permissions = yield* CheckpointPermissions.CheckpointPermissions
        // The fake remembers the text of each permission that it has listed.
        const beforeListed = performance.now()
        yield* Effect.forEach(checkpoints, (id) => Stream.runDrain(permissions.stream(id)), { concurrency: 8 })
        const least = (performance.now() - beforeListed) / 1000
        yield* fake.clearRequests
        const before = inUse()
        const from = performance.now()
        let measuring = 0
        let most = before
        const matrix = yield* Access.audit(checkpoints, {
          onRow: (_, { done }) =>
            Effect.sync(() => {
              if (done % 30 !== 0) return
              const from = performance.now()
              most = Math.max(most, inUse())
              measuring += performance.now() - from
            })
        })
        const took = (performance.now() - from - measuring) / 1000
        const { cells } = AccessMatrix.counts(matrix)
        assert.strictEqual(cells.access, count * 200)
        assert.strictEqual((yield* fake.requests).length, count * 2)
        const taken = most - before
        const text = AccessMatrix.toJson(matrix)
        const beforeRead = inUse()
        const read: unknown = JSON.parse(text)
        const itself = inUse() - beforeRead
        assert.isObject(read)
        console.log(
          `audit of ${count} × 200 without quota: ${took.toFixed(2)} s, where the listings alone take ${least.toFixed(2)} s, ` +
            `at most ${mebibytes(taken)} MiB in use more than before (recorded requests among them), ` +
            `where its file takes ${mebibytes(itself)} MiB when read`
        )
        assert.isBelow(took, 5 * least)
        // Nothing is kept of what was listed but the matrix. What the process itself needs varies by a few mebibytes.
        assert.isBelow(taken, 1.5 * itself + 4 * 1024 * 1024)
      }).pipe(Effect.provide(onFake({})), (effect) => Effect.withClock(effect, Clock.make()))
  )
})
