/**
 * `pnpm figures:faults`: grants, revokes and listings under 10,000 random fault
 * plans (`MODEL_RUNS`, from `MODEL_SEED`), half of them by one service and half
 * by two, and how many of the promises were broken. Uses every processor.
 */
import { fork } from "node:child_process"
import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { Config, Effect } from "effect"
import * as fc from "effect/FastCheck"
import { cases } from "./modelArbitrary.ts"
import type { Case } from "./modelCase.ts"
import { violations } from "./modelOracle.ts"
import { report } from "./modelReport.ts"
import { run } from "./modelRun.ts"

type Counts = Record<string, number>

const { of, runs, seed, shard } = Effect.runSync(
  Config.all({
    runs: Config.withDefault(Config.integer("MODEL_RUNS"), 10_000),
    seed: Config.withDefault(Config.integer("MODEL_SEED"), 1),
    shard: Config.withDefault(Config.integer("MODEL_SHARD"), -1),
    of: Config.withDefault(Config.integer("MODEL_SHARDS"), 1)
  })
)

const faulty = (services: 1 | 2): fc.Arbitrary<Case> =>
  cases(services).filter(({ faults }) => faults._tag === "Random" || faults.entries.length > 0)

const add = (counts: Counts, name: string, count = 1): void => {
  counts[name] = (counts[name] ?? 0) + count
}

const measure = async (all: ReadonlyArray<Case>): Promise<Counts> => {
  const counts: Counts = {}
  for (const one of all) {
    const trace = await Effect.runPromise(run(one))
    const found = violations(one, trace)
    if (found.length > 0) process.stderr.write(`${report(one, trace, found)}\n\n`)
    add(counts, "plans")
    add(counts, "requests", trace.requests.length)
    add(counts, "faults", trace.requests.filter(({ fault }) => fault !== undefined).length)
    add(counts, "millis", trace.took)
    for (const { result, step } of trace.happened) {
      add(counts, step._tag)
      if (result._tag === "done") add(counts, `${step._tag} done`)
    }
    for (const { kind } of found) add(counts, kind)
  }
  return counts
}

const half = Math.ceil(runs / 2)
const mine = (services: 1 | 2): ReadonlyArray<Case> =>
  fc.sample(faulty(services), { numRuns: half, seed: seed + services }).filter((_, n) => n % of === shard)

const inParallel = async (): Promise<Counts> => {
  const shards = availableParallelism()
  const parts = await Promise.all(
    Array.from(
      { length: shards },
      (_, n) =>
        new Promise<Counts>((resolve, reject) => {
          const env = { ...process.env, MODEL_SHARD: String(n), MODEL_SHARDS: String(shards) }
          const child = fork(fileURLToPath(import.meta.url), { env })
          child.on("message", (counts: Counts) => resolve(counts))
          child.on("exit", (code) => reject(new Error(`a part of the work ended with ${code}`)))
        })
    )
  )
  const total: Counts = {}
  for (const part of parts) for (const [name, count] of Object.entries(part)) add(total, name, count)
  return total
}

const table = (counts: Counts): string => {
  const number = (name: string) => (counts[name] ?? 0).toLocaleString("en")
  const done = (name: string) => `${number(name)}, of which ${number(`${name} done`)} succeeded`
  const rows = [
    ["random fault plans", number("plans")],
    ["grants", done("grant")],
    ["revokes", done("revoke")],
    ["listings", done("list")],
    ["creates and deletes as they are", `${number("create")} and ${number("delete")}`],
    ["requests", `${number("requests")}, of which ${number("faults")} met a fault`],
    ["virtual time", `${Math.round((counts["millis"] ?? 0) / 3_600_000).toLocaleString("en")} hours`],
    ["doubled", number("doubled")],
    ["lost", number("lost")],
    ["kept though revoked", number("kept")],
    ["listings short without an error", number("short")],
    ["listings with something twice", number("repeated")],
    ["endless", number("endless")],
    ["wrong reports", number("misreported")],
    ["failed without cause", number("failed")],
    ["defects", number("died")]
  ]
  return ["| | |", "| --- | ---: |", ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join("\n")
}

if (shard >= 0) {
  process.send?.(await measure([...mine(1), ...mine(2)]))
} else {
  const counts = await inParallel()
  process.stdout.write(`${table(counts)}\n`)
  const broken = ["doubled", "lost", "kept", "short", "repeated", "endless", "misreported", "failed", "died"]
  process.exitCode = broken.some((name) => (counts[name] ?? 0) > 0) ? 1 : 0
}
