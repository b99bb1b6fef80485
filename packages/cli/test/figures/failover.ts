/**
 * `npm run figures:failover -- [runs] [at once] [families]`: applies on Postgres while workers are lost, with the program
 * as it is published and its defaults: the longest time without a request, how each apply ends, what is doubled, and
 * what a worker sends in the turn of another.
 */

import { Jobs } from "@checkpoint-permissions/cluster"
import { Emulator, FakePermissions } from "@checkpoint-permissions/testing"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as SqlClient from "@effect/sql/SqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import { Effect, Layer, Option, Redacted } from "effect"
import { overlaps, wrong } from "../../../cluster/test/chaos/oracle.ts"
import { ended } from "../../../cluster/test/support/jobs.ts"
import { type Postgres, postgres } from "../../../cluster/test/support/postgres.ts"
import { within } from "../../../cluster/test/support/within.ts"
import { checkpoints, granted, policyOf } from "../../../cluster/test/support/world.ts"
import * as binary from "../support/binary.ts"
import { folder } from "../support/folder.ts"

const [, , runs = "4", atOnce = "2", chosen = "killed,frozen,woken,several"] = process.argv

/** The program as it is published, or another build of it. */
const program = process.env["FIGURES_PROGRAM"]

interface Family {
  readonly name: string
  readonly workers: number
  /** How many are lost, one after the other. */
  readonly lost: number
  readonly signal: "SIGKILL" | "SIGSTOP"
  /** After how long they go on, in milliseconds. */
  readonly wakesAfter?: number
}

const families: ReadonlyArray<Family> = [
  { name: "killed", workers: 2, lost: 1, signal: "SIGKILL" },
  { name: "frozen", workers: 2, lost: 1, signal: "SIGSTOP" },
  { name: "woken", workers: 2, lost: 1, signal: "SIGSTOP", wakesAfter: 60_000 },
  { name: "several", workers: 4, lost: 3, signal: "SIGSTOP" }
]

const wanted = ["proj_a", "proj_b", "proj_c"]
const names = checkpoints(60)

/** The first worker is lost after so many writes. */
const writesBefore = 4

/** For how long a worker that woke up is watched, in milliseconds. */
const watched = 15_000

/** How long after one worker the next one is lost, in milliseconds. */
const betweenLosses = 12_000

/** One request of a kind in 100 ms, so that the server is what takes time. */
const rate = ["--rate", "600/minute"]

const measure = (server: Postgres, family: Family, run: number) =>
  Effect.gen(function* () {
    const emulator = yield* Emulator.Emulator
    const fake = yield* FakePermissions.FakePermissions
    const database = `failover_${family.name}_${run}`
    const admin = PgClient.layer({ url: Redacted.make(server.url("postgres")) })
    yield* Effect.flatMap(SqlClient.SqlClient, (sql) => sql`CREATE DATABASE ${sql(database)}`).pipe(
      Effect.provide(admin)
    )
    const home = yield* folder
    const policy = home.write("policy.yaml", JSON.stringify(policyOf(names, ...wanted)))
    const start = (command: ReadonlyArray<string>, key: string) =>
      binary.start(
        [...command, "--store", server.url(database), ...rate],
        { OPENAI_ADMIN_KEY: key, OPENAI_BASE_URL: emulator.baseUrl, USER: "figures", XDG_STATE_HOME: home.path },
        { program, longest: "15 minutes" }
      )
    const workers = yield* Effect.forEach(
      Array.from({ length: family.workers }, (_, number) => `worker-${number}`),
      (key) =>
        Effect.gen(function* () {
          const worker = yield* start(["worker"], key)
          yield* worker.says("works on the jobs")
          return { ...worker, key, name: /worker: (\S+) works on the jobs/.exec(worker.said())?.[1] }
        })
    )
    const isWrite = ({ operation }: FakePermissions.RecordedRequest) => operation === "create"
    const writes = Effect.map(fake.requests, (all) => all.filter(isWrite).length)
    const apply = yield* start(["apply", "--file", policy, "--yes"], "planner")
    yield* Effect.sleep("100 millis").pipe(
      Effect.zipRight(writes),
      Effect.repeat({ until: (count) => count >= writesBefore }),
      within("the first writes", apply.said)
    )
    const lostAt: Array<number> = []
    const lose = Effect.forEach(workers.slice(0, family.lost), (worker, index) =>
      Effect.gen(function* () {
        if (index > 0) yield* Effect.sleep(betweenLosses)
        yield* worker.signal(family.signal)
        lostAt.push(Date.now())
        if (family.wakesAfter === undefined) return
        yield* Effect.sleep(family.wakesAfter)
        yield* worker.signal("SIGCONT")
        yield* Effect.sleep(watched)
      })
    )
    const losing = yield* Effect.fork(lose)
    const { code } = yield* apply.outcome
    const end = Date.now()
    yield* losing.await
    const requests = yield* fake.requests
    const jobs = Jobs.layer().pipe(Layer.provide(PgClient.layer({ url: Redacted.make(server.url(database)) })))
    const { events, job } = yield* Effect.flatMap(Jobs.Jobs, (service) =>
      Effect.flatMap(service.list({}), ([last]) => ended(Option.getOrThrow(Option.fromNullable(last)).id))
    ).pipe(Effect.provide(jobs))
    const first = requests.findIndex(isWrite)
    const times = [...requests.slice(first).map(({ time }) => time), end].filter((time) => time <= end)
    const [longest] = times
      .slice(1)
      .map((time, index) => ({ from: Number(times[index]), to: time }))
      .sort((one, other) => other.to - other.from - (one.to - one.from))
    const gap = longest ?? { from: end, to: end }
    const since = (time: number) => ((time - Number(lostAt[0])) / 1000).toFixed(1)
    const after = yield* granted(names)
    const nameOf = ({ key }: FakePermissions.RecordedRequest) =>
      workers.find((worker) => key !== undefined && worker.key === Redacted.value(key))?.name ?? "planner"
    const late = overlaps(
      { job, events, requests: requests.slice(first), after, converged: after, wanted, disturbed: [] },
      nameOf
    )
    const result = {
      family: family.name,
      longest: (gap.to - gap.from) / 1000,
      took: (end - Number(times[0])) / 1000,
      code,
      wrong: wrong(after, wanted),
      doubled: after.filter((projects) => new Set(projects).size < projects.length).length,
      late
    }
    console.log(
      `${family.name} ${run}: at most ${result.longest.toFixed(1)} s without a request (from ${since(gap.from)} s after the first loss; lost at ${lostAt.map(since).join(", ")} s), ended with ${code} after ${result.took.toFixed(1)} s,`,
      `${result.wrong} not at the policy, ${result.doubled} doubled, ${late.length} requests in the turn of another`
    )
    for (const line of late) console.log(`  ${line}`)
    if (code !== 0) console.log(apply.said().slice(-600))
    return result
  }).pipe(
    Effect.scoped,
    Effect.provide(Emulator.layer({ behavior: { latency: "1200 millis" }, keptRequests: 100_000 }))
  )

const all = Effect.gen(function* () {
  const server = yield* postgres
  const wantedFamilies = families.filter(({ name }) => chosen.split(",").includes(name))
  const turns = Array.from({ length: Math.ceil(Number(runs) / wantedFamilies.length) }, (_, turn) => turn)
  const results = yield* Effect.forEach(
    turns.flatMap((turn) => wantedFamilies.map((family) => ({ family, turn }))),
    ({ family, turn }) => measure(server, family, turn),
    { concurrency: Number(atOnce) }
  )
  for (const { name } of wantedFamilies) {
    const mine = results.filter(({ family }) => family === name)
    if (mine.length === 0) continue
    console.log(
      `${name}: ${mine.length} runs, at most ${Math.max(...mine.map(({ longest }) => longest)).toFixed(1)} s without a request;`,
      `${mine.filter(({ code }) => code === 0).length} ended with 0;`,
      `${mine.reduce((sum, { doubled }) => sum + doubled, 0)} doubled, ${mine.reduce((sum, { late }) => sum + late.length, 0)} requests in the turn of another`
    )
  }
})

NodeRuntime.runMain(Effect.scoped(all))
