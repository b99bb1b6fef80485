/**
 * `npm run figures:jobs`: what a job of 10,000 checkpoints takes to submit, what memory its worker has, how long it takes
 * to go on after the worker was killed, and how an apply in a file compares with one without.
 */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Access, AccessPlan } from "@checkpoint-permissions/access"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Duration, Effect, Stream } from "effect"
import { Cluster, Jobs } from "../../src/index.ts"
import { checkpoints, fake, planOf, policyOf } from "../support/world.ts"

/** `many`, `compared` or both; the process itself starts workers. */
const [, , role, argument = ""] = process.argv

/** How many checkpoints are finished when the worker is killed. */
const resumeAfter = role === "many" && argument !== "" ? Number(argument) : 3_000

const seconds = (millis: number) => `${(millis / 1000).toFixed(1)} s`
const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "checkpoint-permissions-figures-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** Works on the jobs of a file and says how many checkpoints are finished and what memory it has. */
const worker = (file: string) =>
  Effect.gen(function* () {
    const began = Date.now()
    const jobs = yield* Jobs.Jobs
    const [before] = yield* jobs.list()
    if (before === undefined) return
    const [last] = yield* Stream.runCollect(Stream.takeRight(jobs.events(before.id), 1))
    yield* jobs.follow(before.id, { after: last?.number ?? 0 }).pipe(
      Stream.filter(({ happening }) => happening._tag === "Began"),
      Stream.runHead
    )
    process.stdout.write(`began ${Date.now() - began}\n`)
    yield* Effect.forever(
      Effect.gen(function* () {
        const job = yield* jobs.get(before.id)
        process.stdout.write(`finished ${job.checkpoints.finished} ${process.memoryUsage().rss}\n`)
        if (job.state === "ended") process.exit(0)
        yield* Effect.sleep("500 millis")
      })
    )
  }).pipe(Effect.provide(Cluster.layerSqlite(file)), Effect.provide(fake({ behavior: { latency: "5 millis" } })))

const many = Effect.gen(function* () {
  const file = join(yield* folder, "jobs.db")
  const names = checkpoints(10_000)
  const plan = yield* planOf(policyOf(names, "proj_a")).pipe(Effect.provide(fake()))
  const submitted = yield* Effect.gen(function* () {
    const jobs = yield* Jobs.Jobs
    const began = Date.now()
    const { job } = yield* jobs.submit(plan, { actor: "figures" })
    return { took: Date.now() - began, id: job.id }
  }).pipe(Effect.provide(Cluster.layerSqliteJobs(file)), Effect.provide(NodeContext.layer))
  console.log(`a job of 10,000 checkpoints is submitted in ${seconds(submitted.took)}`)

  /** Runs a worker until so many are finished. Gives how long it took to begin, and the most memory it had. */
  const until = (count: number) =>
    Effect.async<{ readonly began: number; readonly memory: number }>((resume) => {
      const worker = spawn(process.execPath, ["--import", "tsx", fileURLToPath(import.meta.url), "worker", file], {
        stdio: ["ignore", "pipe", "inherit"]
      })
      let began = 0
      let memory = 0
      worker.stdout.setEncoding("utf8").on("data", (text: string) => {
        for (const line of text.split("\n")) {
          const [what, number = "", rss = ""] = line.split(" ")
          if (what === "began") began = Number(number)
          if (what === "finished") memory = Math.max(memory, Number(rss))
          if (what === "finished" && Number(number) >= count) worker.kill("SIGKILL")
        }
      })
      worker.once("exit", () => resume(Effect.succeed({ began, memory })))
    })
  const first = yield* until(resumeAfter)
  console.log(
    `its worker begins after ${seconds(first.began)}, and has at most ${mebibytes(first.memory)} until it is killed`
  )
  const second = yield* until(2 * resumeAfter)
  console.log(`another one goes on after ${seconds(second.began)}, and has at most ${mebibytes(second.memory)}`)
})

const compared = Effect.gen(function* () {
  const file = join(yield* folder, "jobs.db")
  const policy = policyOf(checkpoints(100), "proj_a", "proj_b")
  const world = () => fake({ behavior: { latency: "300 millis" } })
  const text = yield* Effect.flatMap(planOf(policy).pipe(Effect.provide(fake())), AccessPlan.toJson)
  const plan = yield* AccessPlan.fromJson(text)
  const [plain] = yield* Effect.timed(Stream.runDrain(Access.apply(plan))).pipe(Effect.provide(world()))
  const [stored] = yield* Effect.gen(function* () {
    const jobs = yield* Jobs.Jobs
    return yield* Effect.timed(
      Effect.flatMap(jobs.submit(plan, { actor: "figures" }), ({ job }) => Stream.runDrain(jobs.follow(job.id)))
    )
  }).pipe(Effect.provide(Cluster.layerSqlite(file)), Effect.provide(world()))
  const ratio = Duration.toMillis(stored) / Duration.toMillis(plain)
  console.log(
    `100 checkpoints of a saved plan at 300 ms: ${seconds(Duration.toMillis(plain))} by Access.apply,`,
    `${seconds(Duration.toMillis(stored))} in a file: ${ratio.toFixed(2)} ×`
  )
})

const program =
  role === "worker"
    ? worker(argument)
    : role === "many"
      ? many
      : role === "compared"
        ? compared
        : Effect.zipRight(compared, many)
NodeRuntime.runMain(Effect.scoped(program))
