/**
 * `npm run figures:simulation`: ten thousand scenarios (`SIMULATION_RUNS`, from
 * `SIMULATION_SEED` on), and how often which promise was broken. With
 * `-- --planted`: in how many scenarios each planted mistake is found. Uses every
 * processor.
 */
import { fork } from "node:child_process"
import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { Config, Effect } from "effect"
import { attempt } from "./check.ts"
import { mistakes } from "./mistakes/mistakes.ts"
import { plant } from "./planted.ts"
import { report } from "./report.ts"
import { scenarioOf } from "./scenario/arbitrary.ts"
import * as subject from "./subject.ts"

type Counts = Readonly<Record<string, number>>

const { runs, seed, shard, shards } = Effect.runSync(
  Config.all({
    runs: Config.withDefault(Config.integer("SIMULATION_RUNS"), 10_000),
    seed: Config.withDefault(Config.integer("SIMULATION_SEED"), 1),
    shard: Config.withDefault(Config.integer("SIMULATION_SHARD"), -1),
    shards: Config.withDefault(Config.integer("SIMULATION_SHARDS"), availableParallelism())
  })
)
const isPlanted = process.argv.includes("--planted")

const sum = (counts: ReadonlyArray<Counts>): Counts => {
  const total: Record<string, number> = {}
  for (const one of counts) for (const [name, count] of Object.entries(one)) total[name] = (total[name] ?? 0) + count
  return total
}

/** One scenario, counted. What is wrong with it is printed. */
const count = async (seed: number): Promise<Counts> => {
  const { found, scenario, trace } = await attempt(subject, scenarioOf(seed))
  if (found.length > 0) process.stderr.write(`Seed ${seed}\n${report(scenario, trace, found)}\n\n`)
  const all = <A>(list: ReadonlyArray<A>, is: (one: A) => boolean): number => list.filter(is).length
  return sum([
    {
      scenarios: 1,
      processes: trace.ran.length,
      killed: all(trace.ran, ({ end }) => end._tag === "killed"),
      sent: trace.exchanges.length,
      faults: all(trace.exchanges, ({ fault }) => fault !== undefined),
      claims: trace.ran.reduce((total, { claims }) => total + claims.length, 0),
      hours: trace.calmed.time - (trace.ran[0]?.started.time ?? trace.calmed.time)
    },
    ...found.map(({ kind }) => ({ [kind]: 1 }))
  ])
}

/** In which scenario a mistake is found: 0 if in none. */
const find = async (mistake: (typeof mistakes)[number]): Promise<Counts> => {
  const planted = await plant(mistake)
  for (let n = 0; n < runs; n++) {
    const { found } = await attempt(planted, scenarioOf(seed + n))
    if (found.length > 0) return { [mistake.name]: n + 1 }
  }
  return { [mistake.name]: 0 }
}

const work = async (): Promise<Counts> => {
  const counts: Array<Counts> = []
  if (isPlanted) {
    for (const [n, mistake] of mistakes.entries()) if (n % shards === shard) counts.push(await find(mistake))
  } else for (let n = shard; n < runs; n += shards) counts.push(await count(seed + n))
  return sum(counts)
}

const inParallel = (): Promise<ReadonlyArray<Counts>> =>
  Promise.all(
    Array.from(
      { length: shards },
      (_, n) =>
        new Promise<Counts>((resolve, reject) => {
          const env = { ...process.env, SIMULATION_SHARD: String(n), SIMULATION_SHARDS: String(shards) }
          const child = fork(fileURLToPath(import.meta.url), process.argv.slice(2), { env })
          child.on("message", (counts: Counts) => resolve(counts))
          child.on("exit", (code) => reject(new Error(`a part of the work ended with ${code}`)))
        })
    )
  )

const kinds = {
  "false readings": ["false reading"],
  "false writes": ["false write"],
  "false verdicts": ["false verdict"],
  doubled: ["doubled"],
  lost: ["lost", "none"],
  "kept though revoked": ["kept"],
  "deleted unasked": ["deleted"],
  "granted twice": ["resent"],
  "journals that are wrong": ["journal"],
  "locks that did not hold": ["not locked"],
  "failed without cause": ["failed"],
  "more requests than needed": ["requests"],
  "endless, or defects": ["endless", "died"]
}

const table = (rows: ReadonlyArray<readonly [string, string]>): string =>
  ["| | |", "| --- | ---: |", ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join("\n")

if (shard >= 0) {
  const counts = await work()
  // Fibers of killed processes never end.
  process.send?.(counts, () => process.exit(0))
} else {
  const counts = sum(await inParallel())
  const of = (...names: ReadonlyArray<string>) => names.reduce((total, name) => total + (counts[name] ?? 0), 0)
  const number = (value: number) => value.toLocaleString("en")
  if (isPlanted) {
    const rows = mistakes.map(
      ({ name }) => [name, of(name) === 0 ? `not in ${number(runs)}` : number(of(name))] as const
    )
    process.stdout.write(`${table(rows)}\n`)
    process.exitCode = mistakes.every(({ name }) => of(name) > 0) ? 0 : 1
  } else {
    const broken = Object.entries(kinds).map(([name, all]) => [name, of(...all)] as const)
    process.stdout.write(
      `${table([
        ["scenarios", `${number(of("scenarios"))}, from seed ${seed}`],
        ["processes", `${number(of("processes"))}, of which ${number(of("killed"))} were killed`],
        ["requests", `${number(of("sent"))}, of which ${number(of("faults"))} met a fault`],
        ["claims", number(of("claims"))],
        ["virtual time", `${number(Math.round(of("hours") / 3_600_000))} hours`],
        ...broken.map(([name, value]) => [name, number(value)] as const)
      ])}\n`
    )
    process.exitCode = broken.some(([, value]) => value > 0) ? 1 : 0
  }
}
