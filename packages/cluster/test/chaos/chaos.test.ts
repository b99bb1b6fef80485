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

/** Two at a time: each has three workers, and a machine two cores. */
const atOnce = 2

/** For a machine on which much else runs. */
const timeout = 900_000

const seeds = (first: number, count: number) => Array.from({ length: count }, (_, index) => first + index)

const kinds: ReadonlyArray<{
  readonly name: string
  readonly isHere: boolean
  readonly disturbances: ReadonlyArray<Disturbance>
  readonly seeds: ReadonlyArray<number>
}> = [
  { name: "killed", isHere: hasPostgres, disturbances: ["kill"], seeds: seeds(1, 2) },
  { name: "killed and frozen", isHere: hasPostgres, disturbances: ["kill", "freeze"], seeds: seeds(11, 1) },
  {
    name: "killed, frozen and cut off",
    isHere: hasPostgres && Network.isHere,
    disturbances: ["kill", "freeze", "cut"],
    seeds: seeds(21, 1)
  }
]

describe("an apply of 100 checkpoints by three workers", () => {
  for (const { disturbances, isHere, name, seeds } of kinds) {
    const test = isHere ? it.scopedLive : it.scopedLive.skip
    test(
      `that are ${name} at random ends at the policy, with nothing doubled or lost`,
      () =>
        Effect.gen(function* () {
          const file = yield* program
          const database = yield* freshPostgres
          const results = yield* Effect.forEach(
            seeds,
            (seed, index) =>
              run({
                seed,
                database,
                program: file,
                disturbances,
                checkpoints: 100,
                lockExpiration: Duration.seconds(3),
                number: index
              }),
            { concurrency: atOnce }
          )
          for (const result of results) {
            const said = `disturbed by ${result.disturbed.join(", ")}`
            assert.strictEqual(result.job.outcome, "done", said)
            assert.deepStrictEqual(faults(result), [], said)
            assert.strictEqual(wrong(result.converged, result.wanted), 0, said)
            if (disturbances.some((disturbance) => disturbance !== "kill")) continue
            const keyOf = ({ key }: (typeof result.requests)[number]) => (key === undefined ? "" : Redacted.value(key))
            assert.deepStrictEqual(overlaps(result, keyOf), [], said)
            assert.strictEqual(wrong(result.after, result.wanted), 0, said)
          }
        }),
      timeout
    )
  }
})
