/**
 * `npm run figures:jobs -- [finished]`: what a job of 10,000 checkpoints takes to submit, what memory its worker has, and
 * how long it takes to go on after the worker was killed when so many were finished. Needs `/proc`.
 */
import { readFileSync } from "node:fs"
import { Cluster, type Job, Jobs } from "@checkpoint-permissions/cluster"
import { Emulator } from "@checkpoint-permissions/testing"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Duration, Effect, Stream } from "effect"
import { checkpoints, fake, planOf, policyOf } from "../../../cluster/test/support/world.ts"
import * as binary from "../support/binary.ts"
import { folder } from "../support/folder.ts"

const [, , argument = "3000"] = process.argv

/** How many checkpoints are finished when the first worker is killed. */
const resumeAfter = Number(argument)

const seconds = (millis: number) => `${(millis / 1000).toFixed(1)} s`
const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`

/** The most memory that a process has had, in bytes. */
const mostMemory = (pid: number): number => {
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? []
  return Number(kibibytes) * 1024
}

/** Runs the program as it is published, on a server in this process, until so many checkpoints are finished. */
const worked = (file: string, apiUrl: string, id: Job.JobId, count: number) =>
  Effect.gen(function* () {
    const jobs = yield* Jobs.Jobs
    const [last] = yield* Stream.runCollect(Stream.takeRight(jobs.events(id), 1))
    const from = Date.now()
    const worker = yield* binary.start(
      ["worker", "--store", `sqlite:${file}`, "--no-lock"],
      { OPENAI_ADMIN_KEY: "sk-admin-figures", OPENAI_BASE_URL: apiUrl },
      { longest: "1 day" }
    )
    const lost = Effect.zipRight(worker.outcome, Effect.dieMessage("the worker ended by itself"))
    const begun = jobs.follow(id, { after: last?.number ?? 0 }).pipe(
      Stream.filter(({ happening }) => happening._tag === "Began"),
      Stream.runHead
    )
    yield* Effect.raceFirst(begun, lost)
    const began = Date.now() - from
    const finished: Effect.Effect<void, unknown> = Effect.flatMap(jobs.get(id), ({ checkpoints }) =>
      checkpoints.finished >= count ? Effect.void : Effect.zipRight(Effect.sleep("1 second"), finished)
    )
    yield* Effect.raceFirst(finished, lost)
    const memory = mostMemory(worker.pid)
    yield* worker.signal("SIGKILL")
    yield* worker.outcome
    return { began, memory }
  })

const many = Effect.gen(function* () {
  const file = (yield* folder).at("jobs.db")
  const { baseUrl } = yield* Emulator.Emulator
  const names = checkpoints(10_000)
  const plan = yield* planOf(policyOf(names, "proj_a")).pipe(Effect.provide(fake()))
  yield* Effect.gen(function* () {
    const jobs = yield* Jobs.Jobs
    const [took, { job }] = yield* Effect.timed(jobs.submit({ ...plan, apiUrl: baseUrl }, { actor: "figures" }))
    console.log(`a job of 10,000 checkpoints is submitted in ${seconds(Duration.toMillis(took))}`)
    for (const count of [resumeAfter, Math.min(10_000, 2 * resumeAfter)]) {
      const { began, memory } = yield* worked(file, baseUrl, job.id, count)
      console.log(
        `a worker begins after ${seconds(began)}, and has had at most ${mebibytes(memory)} when ${count} are finished`
      )
    }
  }).pipe(Effect.provide(Cluster.layerSqliteJobs(file)), Effect.provide(NodeContext.layer))
}).pipe(Effect.provide(Emulator.layer({ behavior: { latency: "5 millis" }, keptRequests: 1000 })))

NodeRuntime.runMain(Effect.scoped(many))
