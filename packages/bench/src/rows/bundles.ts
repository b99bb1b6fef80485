/** What a bundled application weighs, and how long it takes to its first answer. */

import { budgets } from "../budgets.ts"
import { bundle, processes } from "../build.ts"
import { coldStart, server } from "../processes.ts"
import type { Result, Row } from "../row.ts"
import { inTurn, kib, measured, ratio } from "../statistics.ts"

/** The sizes, in bytes. */
export interface Sizes {
  /** What the library adds to an application that uses `HttpClient`, `Schema` and `Stream` already. */
  readonly added: number
  /** A whole application that lists with `fetch`. */
  readonly whole: number
  readonly openai: number
  /** The same by hand, without this library and most of what it does. */
  readonly byHand: number
}

export const sizes = async (): Promise<Sizes> => {
  const gzip = async (app: string) => (await bundle(app)).gzip
  return {
    added: (await gzip("ordersAndPermissions")) - (await gzip("orders")),
    whole: await gzip("list"),
    openai: await gzip("listOpenai"),
    byHand: await gzip("listByHand")
  }
}

export const size: Row = {
  name: "bundle",
  title: "Bundle: esbuild, minified, gzip",
  run: async (): Promise<Result> => {
    const data = await sizes()
    return {
      lines: [
        {
          what: "added to an Effect application",
          values: { ours: kib(data.added) },
          figure: kib(data.added),
          goal: `≤ ${kib(budgets.added.goal)}`,
          met: data.added <= budgets.added.goal
        },
        {
          what: "whole application that lists with fetch",
          values: { ours: kib(data.whole), openai: kib(data.openai), bare: kib(data.byHand) },
          figure: kib(data.whole),
          goal: `≤ ${kib(budgets.whole.goal)}`,
          met: data.whole <= budgets.whole.goal
        }
      ],
      data
    }
  }
}

export const cold: Row = {
  name: "cold-start",
  title: "Cold start of those bundles: load, build the layer, first request answered",
  run: async (context) => {
    await processes()
    const { close, url } = await server()
    try {
      const files = {
        ours: (await bundle("list")).file,
        openai: (await bundle("listOpenai")).file,
        byHand: (await bundle("listByHand")).file
      }
      const names = ["ours", "openai", "byHand"] as const
      const run = (name: (typeof names)[number]) => coldStart(files[name], url)
      await inTurn(names, 3, run)
      const samples = await inTurn(names, context.quick ? 5 : 3 * context.runs, run)
      const ours = measured(samples.get("ours") ?? [])
      const openai = measured(samples.get("openai") ?? [])
      const byHand = measured(samples.get("byHand") ?? [])
      const line = (by: "wall" | "cpu") => ({
        what: by === "cpu" ? "CPU" : "wall",
        values: {
          ours: `${ours[by].toFixed(0)} ms`,
          openai: `${openai[by].toFixed(0)} ms`,
          bare: `${byHand[by].toFixed(0)} ms`
        },
        figure: `${ratio(ours[by] / openai[by])} openai's`,
        goal: "≤ 1.2 ×",
        met: ours[by] <= 1.2 * openai[by]
      })
      return { lines: [line("wall"), line("cpu")], data: { ours, openai, byHand } }
    } finally {
      close()
    }
  }
}
