/**
 * `npm run figures:cluster -- [runs]`: applies of 100 checkpoints by three workers
 * that are killed, frozen and cut off at random.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Redacted } from "effect"
import { program } from "../chaos/fleet.ts"
import * as Network from "../chaos/network.ts"
import { faults, overlaps, wrong } from "../chaos/oracle.ts"
import { type Disturbance, lane } from "../chaos/run.ts"
import { postgres } from "../support/postgres.ts"

const runs = Number(process.argv[2] ?? 100)
const atOnce = Number(process.argv[3] ?? 2)

const all: ReadonlyArray<Disturbance> = Network.isHere ? ["kill", "freeze", "cut"] : ["kill", "freeze"]

const figures = Effect.gen(function* () {
  const server = yield* postgres
  const file = yield* program
  const one = (run: Effect.Effect.Success<ReturnType<typeof lane>>["run"], index: number) =>
    Effect.gen(function* () {
      // Every third run is one in which nothing but SIGKILL happens, of which more is promised.
      const disturbances: ReadonlyArray<Disturbance> = index % 3 === 0 ? ["kill"] : all
      const result = yield* run({ seed: index + 1, disturbances, checkpoints: 100 })
      const twoAtOnce = overlaps(result, ({ key }) => (key === undefined ? "" : Redacted.value(key)))
      const seconds = (Number(result.job.endedAt?.epochMillis) - result.job.createdAt.epochMillis) / 1000
      console.log(
        `run ${index + 1} (${disturbances.join(", ")}): ${result.job.outcome} in ${seconds.toFixed(1)} s,`,
        `${wrong(result.after, result.wanted)} wrong at its end, ${wrong(result.converged, result.wanted)} once converged,`,
        `${twoAtOnce.length} requests in the turn of another, ${faults(result).length} faults in the events;`,
        result.disturbed.join(", ")
      )
      for (const fault of [...twoAtOnce, ...faults(result)]) console.log(`  ${fault}`)
      return { result, disturbances, twoAtOnce: twoAtOnce.length }
    })
  const lanes = yield* Effect.forEach(
    Array.from({ length: atOnce }, (_, number) => number),
    (number) =>
      Effect.gen(function* () {
        const { run } = yield* lane({
          database: server.url("postgres"),
          program: file,
          lockExpiration: 3000,
          networks: Network.isHere,
          number
        })
        const mine = Array.from({ length: runs }, (_, index) => index).filter((index) => index % atOnce === number)
        return yield* Effect.forEach(mine, (index) => one(run, index))
      }),
    { concurrency: atOnce }
  )
  const results = lanes.flat()
  const count = (is: (run: (typeof results)[number]) => boolean) => results.filter(is).length
  console.log(`${runs} runs, ${all.join(", ")}:`)
  console.log(`  ${count(({ result }) => result.job.outcome === "done")} ended with everything done`)
  console.log(
    `  ${count(({ result }) => wrong(result.after, result.wanted) === 0)} were at the policy when the job ended`
  )
  console.log(
    `  ${count(({ result }) => wrong(result.converged, result.wanted) === 0)} had nothing doubled or lost once converged`
  )
  console.log(
    `  ${count(({ disturbances, twoAtOnce }) => disturbances.length === 1 && twoAtOnce > 0)} of ${count(({ disturbances }) => disturbances.length === 1)} in which workers were only killed had two at one checkpoint`
  )
  console.log(`  ${count(({ twoAtOnce }) => twoAtOnce > 0)} of all had a request in the turn of another`)
})

// A signal ends the servers and networks too.
NodeRuntime.runMain(Effect.scoped(figures))
