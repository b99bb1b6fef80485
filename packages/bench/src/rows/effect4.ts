/** The library for Effect 4 against the official SDK, both on Node 22 and in one run. */
import { budgets } from "../budgets.ts"
import { bundle, processes } from "../build.ts"
import { outside } from "../effect4/outside.ts"
import type { Job } from "../process/job.ts"
import { coldStart, server, type Worker, worker } from "../processes.ts"
import type { Context, Line, Result, Row } from "../row.ts"
import { inTurn, kib, type Measured, measured, ratio } from "../statistics.ts"

const names = ["ours", "openai"] as const
type Name = (typeof names)[number]

const both = (of: (name: Name) => string) => ({ ours: of("ours"), openai: of("openai") })

const compare = async (context: Context, job: Job, warmUp: number): Promise<Readonly<Record<Name, Measured>>> => {
  await processes()
  const { file, node } = await outside()
  const { close, url } = await server()
  const workers = new Map<Name, Worker>()
  try {
    for (const name of names) workers.set(name, await worker(name, url, { file: file("worker"), node }))
    const run = (name: Name) => workers.get(name)?.run(job) ?? Promise.reject(new Error(`no process for ${name}`))
    await inTurn(names, context.quick ? 1 : warmUp, run)
    const samples = await inTurn(names, context.runs, run)
    return { ours: measured(samples.get("ours") ?? []), openai: measured(samples.get("openai") ?? []) }
  } finally {
    for (const one of workers.values()) one.close()
    close()
  }
}

const against = (name: string, title: string, job: (context: Context) => Job, warmUp: number, goal: number): Row => ({
  name,
  title,
  run: async (context): Promise<Result> => {
    const data = await compare(context, job(context), warmUp)
    const figure = data.openai.cpu / data.ours.cpu
    const line: Line = {
      what: "CPU",
      values: both((name) => `${data[name].cpu.toFixed(0)} ms`),
      figure: `${ratio(figure)} faster than openai`,
      goal: `≥ ${goal} ×`,
      met: figure >= goal
    }
    const wall = data.openai.wall / data.ours.wall
    const time: Line = {
      what: "wall",
      values: both((name) => `${data[name].wall.toFixed(0)} ms`),
      figure: `${ratio(wall)} faster than openai`,
      goal: "≥ 1 ×",
      met: wall >= 1
    }
    return { lines: [line, time], data }
  }
})

export const stream4: Row = against(
  "effect4-stream",
  "Effect 4: stream 100,000 permissions, page size 100, Node 22, undici",
  ({ quick }) => ({ _tag: "stream", checkpoint: `ft:bench:${quick ? 10_000 : 100_000}`, limit: 100 }),
  6,
  1.1
)

export const lists4: Row = against(
  "effect4-lists",
  "Effect 4: 5,000 single-page lists, one after the other, Node 22, undici",
  ({ quick }) => ({ _tag: "lists", checkpoint: "ft:bench:10", count: quick ? 1000 : 5000, concurrency: 1 }),
  3,
  1.6
)

export const memory4: Row = {
  name: "effect4-memory",
  title: "Effect 4: peak memory, 1,000,000 permissions against 10,000, Node 22",
  run: async (context) => {
    await processes()
    const { file, node } = await outside()
    const { close, url } = await server()
    try {
      const counts = { few: 10_000, many: context.quick ? 100_000 : 1_000_000 }
      const jobs = ["ours few", "ours many", "openai few", "openai many"] as const
      const samples = await inTurn(jobs, context.runs, async (name) => {
        const one = await worker(name.startsWith("ours") ? "ours" : "openai", url, { file: file("worker"), node })
        const count = name.endsWith("few") ? counts.few : counts.many
        const sample = await one.run({ _tag: "stream", checkpoint: `ft:bench:${count}`, limit: 100 })
        one.close()
        return sample
      })
      const peak = (name: (typeof jobs)[number]) => measured(samples.get(name) ?? []).maxRss / 1024
      const growth = { ours: peak("ours many") - peak("ours few"), openai: peak("openai many") - peak("openai few") }
      return {
        lines: [
          {
            what: "growth of resident memory",
            values: both((name) => `${growth[name].toFixed(1)} MiB`),
            figure: `${growth.ours.toFixed(1)} MiB`,
            goal: `≤ openai's ${growth.openai.toFixed(1)} MiB`,
            met: growth.ours <= growth.openai
          }
        ],
        data: Object.fromEntries(jobs.map((name) => [name, measured(samples.get(name) ?? [])]))
      }
    } finally {
      close()
    }
  }
}

/** The whole application for Effect 4, in bytes, and whether anything of the fake is in it. */
export const size4Of = async () => {
  const [ours, openai] = [await bundle("list4"), await bundle("listOpenai")]
  const fake = ours.inputs.filter(({ bytes, path }) => /(^|\/)fake\/src\//.test(path) && bytes > 0)
  return { ours: ours.gzip, openai: openai.gzip, fake: fake.map(({ path }) => path) }
}

export const size4: Row = {
  name: "effect4-bundle",
  title: "Effect 4: bundle of a whole application that lists with fetch: esbuild, minified, gzip",
  run: async (): Promise<Result> => {
    const data = await size4Of()
    const most = Math.min(budgets.whole4.goal, data.openai)
    return {
      lines: [
        {
          what: "whole application",
          values: { ours: kib(data.ours), openai: kib(data.openai) },
          figure: kib(data.ours),
          goal: `≤ ${kib(most)}, nothing of the fake`,
          met: data.ours <= most && data.fake.length === 0
        }
      ],
      data
    }
  }
}

export const cold4: Row = {
  name: "effect4-cold-start",
  title: "Effect 4: cold start of that bundle: load, build the layer, first request answered",
  run: async (context) => {
    await processes()
    const { close, url } = await server()
    try {
      const files = { ours: (await bundle("list4")).file, openai: (await bundle("listOpenai")).file }
      const run = (name: Name) => coldStart(files[name], url)
      await inTurn(names, 3, run)
      const samples = await inTurn(names, context.quick ? 5 : 3 * context.runs, run)
      const data = { ours: measured(samples.get("ours") ?? []), openai: measured(samples.get("openai") ?? []) }
      const line = (by: "wall" | "cpu"): Line => ({
        what: by === "cpu" ? "CPU" : "wall",
        values: both((name) => `${data[name][by].toFixed(0)} ms`),
        figure: `${ratio(data.ours[by] / data.openai[by])} openai's`,
        goal: "≤ 1.2 ×",
        met: data.ours[by] <= 1.2 * data.openai[by]
      })
      return { lines: [line("wall"), line("cpu")], data }
    } finally {
      close()
    }
  }
}
