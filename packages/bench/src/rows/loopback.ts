/** What is measured against a server on the loopback address. */
import type { Job } from "../process/job.ts"
import { server } from "../processes.ts"
import type { Context, Line, Result, Row } from "../row.ts"
import { compare, ratio, type Table, times } from "../statistics.ts"

const against = async (
  context: Context,
  job: Job,
  warmUp: number,
  lines: (table: Table) => ReadonlyArray<Line>
): Promise<Result> => {
  const { close, url } = await server()
  try {
    const data = await compare(context, url, job, { warmUp })
    return { lines: lines(data), data: { job, ...data } }
  } finally {
    close()
  }
}

/** How many times faster than `openai`. */
const faster = (table: Table, what: string, by: "wall" | "cpu", least: number): Line => {
  const figure = table.openai[by] / table.ours[by]
  return {
    what: `${what}: ${by === "cpu" ? "CPU" : "wall"}`,
    values: times(table, by),
    figure: `${ratio(figure)} faster than openai`,
    goal: `≥ ${least} ×`,
    met: figure >= least
  }
}

export const stream: Row = {
  name: "stream",
  title: "Stream 100,000 permissions, page size 100",
  run: (context) =>
    against(
      context,
      { _tag: "stream", checkpoint: `ft:bench:${context.quick ? 10_000 : 100_000}`, limit: 100 },
      6,
      (table) => [faster(table, "page size 100", "wall", 0.85), faster(table, "page size 100", "cpu", 0.85)]
    )
}

export const defaults: Row = {
  name: "defaults",
  title: "The same, everyone at their defaults",
  run: (context) =>
    against(context, { _tag: "stream", checkpoint: `ft:bench:${context.quick ? 10_000 : 100_000}` }, 4, (table) => [
      faster(table, "default page size", "wall", 6),
      faster(table, "default page size", "cpu", 6)
    ])
}

export const prefetch: Row = {
  name: "prefetch",
  title: "50 pages, 20 ms a page at the server, 20 ms a page in the consumer",
  run: (context) => {
    const pages = context.quick ? 10 : 50
    const job: Job = { _tag: "slowly", checkpoint: `ft:bench:${pages * 100}:20`, limit: 100, pause: 20 }
    return against(context, job, 1, (table) => {
      const figure = table.ours.wall / table.openai.wall
      return [
        {
          what: "wall",
          values: times(table, "wall"),
          figure: `${ratio(figure)} of openai's`,
          goal: "≤ 0.6 ×",
          met: figure <= 0.6
        }
      ]
    })
  }
}

const lists = (name: string, title: string, what: string, concurrency: number): Row => ({
  name,
  title,
  run: (context) => {
    const count = context.quick ? 1000 : 5000
    // The first rounds take the pace, which begins gently, to as many at once as are wanted.
    const warmUp = 3
    return against(context, { _tag: "lists", checkpoint: "ft:bench:10", count, concurrency }, warmUp, (table) => [
      faster(table, what, "wall", 1),
      faster(table, what, "cpu", 1)
    ])
  }
})

export const sequential = lists("sequential", "5,000 single-page lists, one after the other", "one after the other", 1)
export const concurrent = lists("concurrent", "5,000 single-page lists, 64 at once", "64 at once", 64)
