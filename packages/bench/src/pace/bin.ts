/**
 * `npm run figures:pace`: what the adaptive pace makes of every family of servers.
 * `-- --variants 200` measures so many of each, `-- --worst 3` prints the worst of
 * each, and `-- --plot` only draws `docs/images/pace.svg`.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { families } from "./families.ts"
import { figureOf, table } from "./figures.ts"
import { others } from "./others.ts"
import { plot } from "./plot.ts"

const { values } = parseArgs({
  options: {
    plot: { type: "boolean", default: false },
    variants: { type: "string", default: "100" },
    worst: { type: "string", default: "0" }
  }
})

if (values.plot) {
  const path = join(dirname(fileURLToPath(import.meta.url)), "../../../../docs/images/pace.svg")
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, plot())
  console.log(path)
} else {
  const count = Number(values.variants)
  for (const [title, all] of [
    ["With a goal", families],
    ["Without a goal", others]
  ] as const) {
    const figures = all.map((family) => figureOf(family, count))
    console.log(`\n${title}, ${count} servers each\n\n${table(figures)}`)
    for (const { family, variants } of figures) {
      const worst = [...variants].sort((a, b) => b.ratio - a.ratio).slice(0, Number(values.worst))
      for (const one of worst) console.log(`${family.name}: ${one.ratio.toFixed(2)} × ${one.what}`)
    }
    if (figures.some(({ missed }) => missed.length > 0)) process.exitCode = 1
  }
}
