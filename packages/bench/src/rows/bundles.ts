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
}

export const sizes = async (): Promise<Sizes> => {
  const [without, withLibrary, whole, openai] = await Promise.all(
    ["orders", "ordersAndPermissions", "list", "listOpenai"].map(bundle)
  )
  if (without === undefined || withLibrary === undefined || whole === undefined || openai === undefined) {
    throw new Error("the bundles were not built")
  }
  return { added: withLibrary.gzip - without.gzip, whole: whole.gzip, openai: openai.gzip }
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
          values: { ours: kib(data.whole), openai: kib(data.openai) },
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
      const files = { ours: (await bundle("list")).file, openai: (await bundle("listOpenai")).file }
      const run = (name: "ours" | "openai") => coldStart(files[name], url)
      const names = ["ours", "openai"] as const
      await inTurn(names, 3, run)
      const samples = await inTurn(names, context.quick ? 5 : 3 * context.runs, run)
      const ours = measured(samples.get("ours") ?? [])
      const openai = measured(samples.get("openai") ?? [])
      const line = (by: "wall" | "cpu") => ({
        what: by === "cpu" ? "CPU" : "wall",
        values: { ours: `${ours[by].toFixed(0)} ms`, openai: `${openai[by].toFixed(0)} ms` },
        figure: `${ratio(ours[by] / openai[by])} openai's`,
        goal: "≤ 1.2 ×",
        met: ours[by] <= 1.2 * openai[by]
      })
      return { lines: [line("wall"), line("cpu")], data: { ours, openai } }
    } finally {
      close()
    }
  }
}
