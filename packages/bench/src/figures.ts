/** The measured figures: all contenders with the same work, and goals. */
import { budgets } from "./budgets.ts"
import { applications } from "./build.ts"
import type { Job, Sample } from "./process/job.ts"
import { start } from "./processes.ts"

export interface Context {
  readonly url: string
  readonly contenders: ReadonlyArray<string>
  readonly runs: number
  /** Does a tenth of the work, as a smoke test. */
  readonly quick: boolean
}

export interface Figure {
  readonly what: string
  /** The values of each contender, by round. */
  readonly values: ReadonlyMap<string, ReadonlyArray<number>>
  readonly show: (value: number) => string
  /** The unit of a goal: a speed or a value relative to another contender, or an absolute value. */
  readonly figure: "faster" | "times" | "itself"
  readonly goals: Readonly<Record<"ours3" | "ours4", Goal>>
}

/** A goal, and the contender that it is relative to. Default: openai. */
export interface Goal {
  readonly value: number
  readonly than?: "hand3" | "http3" | "http4"
}

type Samples = ReadonlyMap<string, ReadonlyArray<Sample>>

const kib = (bytes: number): string => `${(bytes / 1024).toFixed(2)} KiB`
const mib = (kib: number): string => `${(kib / 1024).toFixed(1)} MiB`
const millis = (value: number): string => `${value.toFixed(0)} ms`

const valuesOf = (samples: Samples, of: keyof Sample): Figure["values"] =>
  new Map([...samples].map(([name, all]) => [name, all.map((sample) => sample[of])]))

/** Runs each contender once per round. Each round begins with another one, so that a disturbance affects all. */
const inTurn = async <A>(all: ReadonlyMap<string, A>, rounds: number, run: (one: A) => Promise<Sample>) => {
  const samples = new Map([...all.keys()].map((name): [string, Array<Sample>] => [name, []]))
  for (let round = 0; round < rounds; round++) {
    const first = round % all.size
    const order = [...all]
    for (const [name, one] of [...order.slice(first), ...order.slice(0, first)]) samples.get(name)?.push(await run(one))
  }
  return samples
}

/**
 * Runs each contender in a fresh process each round, after a warm-up. A process keeps V8's decisions about objects: the
 * same code took 1.7 seconds in one process, and 2.5 in another.
 */
const race =
  (what: string, job: (size: number) => Job, warmUp: number, goals: Figure["goals"]) =>
  async ({ contenders, quick, runs, url }: Context): Promise<ReadonlyArray<Figure>> => {
    const names = new Map(contenders.map((name) => [name, name]))
    const samples = await inTurn(names, runs, async (name) => {
      const { close, run } = await start("worker", name, url)
      for (let i = 0; i < (quick ? 1 : warmUp); i++) await run(job(quick ? 0.1 : 1))
      const sample = await run(job(quick ? 0.1 : 1))
      close()
      return sample
    })
    const answers = new Set([...valuesOf(samples, "answer").values()].flat())
    if (answers.size !== 1) throw new Error(`not everyone did the same: ${[...answers].join(", ")}`)
    const figure = { show: millis, figure: "faster" } as const
    return [
      { what: `${what}, processor time`, values: valuesOf(samples, "cpu"), goals, ...figure },
      {
        what: `${what}, wall time`,
        values: valuesOf(samples, "wall"),
        goals: { ours3: { value: 1, than: "hand3" }, ours4: { value: 1 } },
        ...figure
      }
    ]
  }

const memory = async ({ contenders, quick, runs, url }: Context): Promise<ReadonlyArray<Figure>> => {
  const names = new Map(contenders.map((name) => [name, name]))
  const samples = await inTurn(names, runs, async (name) => {
    const { close, run } = await start("worker", name, url)
    const sample = await run({ _tag: "growth", few: 10_000, many: quick ? 100_000 : 1_000_000 })
    close()
    return sample
  })
  const what = "Growth of peak resident memory from 10,000 to 1,000,000 permissions"
  return [
    {
      what,
      values: valuesOf(samples, "answer"),
      show: mib,
      figure: "times",
      goals: { ours3: { value: 1 }, ours4: { value: 1 } }
    }
  ]
}

const bundle = async (): Promise<ReadonlyArray<Figure>> => {
  const values = new Map(Object.entries(await applications()).map(([name, { gzip }]) => [name, [gzip]]))
  const goals = {
    ours3: { value: budgets.added.goal, than: "http3" },
    ours4: { value: budgets.added4.goal, than: "http4" }
  } as const
  return [{ what: "An application that lists with fetch, bundled, gzip", values, show: kib, figure: "itself", goals }]
}

const coldStart = async ({ runs, url }: Context): Promise<ReadonlyArray<Figure>> => {
  const files = new Map(Object.entries(await applications()).map(([name, { file }]) => [name, file]))
  const run = async (file: string) => (await start("start", file, url)).run()
  await inTurn(files, 2, run)
  const values = valuesOf(await inTurn(files, 3 * runs, run), "cpu")
  const goals = { ours3: { value: 1.3, than: "http3" }, ours4: { value: 1.3, than: "http4" } } as const
  const what = "Cold start of that application up to its first line, processor time"
  return [{ what, values, show: millis, figure: "times", goals }]
}

/** The rows by their names for `--row`. */
export const rows: Readonly<Record<string, (context: Context) => Promise<ReadonlyArray<Figure>>>> = {
  stream: race(
    "Stream of 100,000 permissions, 100 a page",
    (size) => ({ _tag: "stream", permissions: size * 100_000 }),
    6,
    { ours3: { value: 1, than: "hand3" }, ours4: { value: 1.05 } }
  ),
  lists: race("5,000 lists, one after the other", (size) => ({ _tag: "lists", count: size * 5000 }), 3, {
    ours3: { value: 1.1, than: "hand3" },
    ours4: { value: 1.6 }
  }),
  memory,
  bundle,
  "cold-start": coldStart
}
