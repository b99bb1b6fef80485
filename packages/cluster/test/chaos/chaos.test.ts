import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Redacted } from "effect"
import { freshPostgres, hasPostgres } from "../support/databases.ts"
import { program } from "./fleet.ts"
import * as Network from "./network.ts"
import { faults, overlaps, wrong } from "./oracle.ts"
import { type Disturbance, run } from "./run.ts"

if (hasPostgres && !Network.isHere) {
  console.log("The runs in which workers are cut off were left out: there is no `ip netns` here, or not for this user.")
}

const kinds: ReadonlyArray<{
  readonly name: string
  readonly isHere: boolean
  readonly of: ReadonlyArray<Disturbance>
}> = [
  { name: "killed", isHere: hasPostgres, of: ["kill"] },
  { name: "frozen", isHere: hasPostgres, of: ["freeze"] },
  { name: "killed, frozen and cut off", isHere: hasPostgres && Network.isHere, of: ["kill", "freeze", "cut"] }
]

describe("an apply by three workers", () => {
  for (const { isHere, name, of } of kinds) {
    const test = isHere ? it.scopedLive : it.scopedLive.skip
    test(`that are ${name} at random ends at the policy`, () =>
      Effect.gen(function* () {
        const file = yield* program
        const t = Date.now()
        const result = yield* run({
          seed: 1,
          database: yield* freshPostgres,
          program: file,
          disturbances: of,
          checkpoints: 100,
          lockExpiration: Duration.seconds(3),
          number: 0
        })
        console.log(
          name,
          Date.now() - t,
          result.job,
          result.disturbed,
          result.requests.length,
          overlaps(result, (r) => (r.key === undefined ? "" : Redacted.value(r.key))),
          wrong(result.after, result.wanted),
          wrong(result.converged, result.wanted),
          faults(result)
        )
        assert.strictEqual(result.job.outcome, "done")
      }))
  }
})
