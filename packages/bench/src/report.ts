/** The table, and everything that was measured as JSON. */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { cpus } from "node:os"
import { dirname, join } from "node:path"
import type { Line, Result, Row } from "./row.ts"

export interface Measured {
  readonly row: Row
  readonly result: Result
}

const require = createRequire(import.meta.url)

/** Of what is installed; not every package exports its manifest. */
const version = (name: string): string => {
  let folder = dirname(require.resolve(name))
  for (;;) {
    try {
      const manifest: { readonly name?: string; readonly version?: string } = JSON.parse(
        readFileSync(join(folder, "package.json"), "utf8")
      )
      if (manifest.name === name) return manifest.version ?? "?"
    } catch {
      // no manifest here: look further up
    }
    const parent = dirname(folder)
    if (parent === folder) return "?"
    folder = parent
  }
}

export const environment = () => ({
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  cpu: cpus()[0]?.model.trim() ?? "unknown",
  cores: cpus().length,
  versions: Object.fromEntries(
    ["effect", "@effect/platform", "@effect/platform-node", "openai", "@effect/ai-openai", "undici", "esbuild"].map(
      (name) => [name, version(name)]
    )
  )
})

const columns = [
  "",
  "This library",
  "openai",
  "@effect/ai-openai",
  "HttpClient, unchecked",
  "undici, unchecked",
  "Figure",
  "Goal",
  ""
]

const cells = ({ figure, goal, met, values, what }: Line): ReadonlyArray<string> => [
  what,
  values.ours ?? "",
  values.openai ?? "",
  values.aiOpenai ?? "",
  values.bare ?? "",
  values.floor ?? "",
  figure,
  goal,
  met ? "met" : "missed"
]

/** A table in Markdown that reads as well in a terminal. */
const grid = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = columns.map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: ReadonlyArray<string>) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`
  const [head = [], ...body] = rows
  return [line(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...body.map(line)].join("\n")
}

export const table = (measured: ReadonlyArray<Measured>): string =>
  grid([
    columns,
    ...measured.flatMap(({ result, row }) => [
      [`**${row.title}**`, ...new Array<string>(columns.length - 1).fill("")],
      ...result.lines.map(cells)
    ])
  ])

export const json = (measured: ReadonlyArray<Measured>, options: object): string =>
  JSON.stringify(
    {
      ...options,
      ...environment(),
      rows: measured.map(({ result, row }) => ({ name: row.name, title: row.title, ...result }))
    },
    null,
    2
  )
