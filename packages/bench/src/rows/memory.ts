/** What a long listing holds more than a short one, in a fresh process each. */
import type { ContenderName } from "../process/job.ts"
import { server, worker } from "../processes.ts"
import type { Row } from "../row.ts"
import { inTurn, measured } from "../statistics.ts"

const mib = (kib: number): number => kib / 1024

export const memory: Row = {
  name: "memory",
  title: "Peak memory, 1,000,000 permissions against 10,000",
  run: async (context) => {
    const { close, url } = await server()
    try {
      const few = 10_000
      const many = context.quick ? 100_000 : 1_000_000
      const once = async (name: ContenderName, count: number) => {
        const { close, run } = await worker(name, url)
        const sample = await run({ _tag: "stream", checkpoint: `ft:bench:${count}`, limit: 100 })
        close()
        return sample
      }
      const names = ["ours few", "ours many", "openai few", "openai many"] as const
      const samples = await inTurn(names, context.runs, (name) =>
        once(name.startsWith("ours") ? "ours" : "openai", name.endsWith("few") ? few : many)
      )
      const peak = (name: (typeof names)[number]) => mib(measured(samples.get(name) ?? []).maxRss)
      const said = (name: "ours" | "openai") =>
        `${peak(`${name} few`).toFixed(0)} → ${peak(`${name} many`).toFixed(0)} MiB`
      const figure = peak("ours many") - peak("ours few")
      return {
        lines: [
          {
            what: "resident memory",
            values: { ours: said("ours"), openai: said("openai") },
            figure: `${figure >= 0 ? "+" : ""}${figure.toFixed(1)} MiB`,
            goal: "≤ +40 MiB",
            met: figure <= 40
          }
        ],
        data: Object.fromEntries(names.map((name) => [name, measured(samples.get(name) ?? [])]))
      }
    } finally {
      close()
    }
  }
}
