/**
 * `npm run figures:pace`: measures the adaptive limiter on every family of servers.
 * `-- --variants 200` measures that many of each, `-- --worst 3` prints the worst of
 * each, and `-- --plot` only draws `docs/images/rate-limiter.svg`. `-- --effect4 adaptive`
 * measures the whole client for Effect 4, and `-- --effect4 limiter` the same with
 * Effect's own limiter.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import * as effect4 from "./effect4.ts"
import { type Family, families, measured } from "./families.ts"
import { type Figure, figureOf, judge, table } from "./figures.ts"
import { others } from "./others.ts"
import { plot } from "./plot.ts"

const { values } = parseArgs({
  options: {
    effect4: { type: "string" },
    plot: { type: "boolean", default: false },
    variants: { type: "string", default: "100" },
    worst: { type: "string", default: "0" }
  }
})

const show = (title: string, count: number, figures: ReadonlyArray<Figure>): void => {
  console.log(`\n${title}, ${count} servers each\n\n${table(figures)}`)
  for (const { family, variants } of figures) {
    const worst = [...variants].sort((a, b) => b.ratio - a.ratio).slice(0, Number(values.worst))
    for (const one of worst) console.log(`${family.name}: ${one.ratio.toFixed(2)} × ${one.what}`)
  }
  if (figures.some(({ missed }) => missed.length > 0)) process.exitCode = 1
}

const figureOfClient = async (family: Family, count: number, pace: effect4.Pace): Promise<Figure> => {
  const variants = []
  for (let index = 0; index < count; index++) {
    const one = family.make(index)
    variants.push(measured(one, await effect4.simulate(one.server(), one.work, pace)))
  }
  return judge(family, variants)
}

const count = Number(values.variants)
if (values.effect4 === "adaptive" || values.effect4 === "limiter") {
  const figures = []
  for (const family of families) figures.push(await figureOfClient(family, count, values.effect4))
  show(`Effect 4, ${values.effect4}`, count, figures)
} else if (values.plot) {
  const path = join(dirname(fileURLToPath(import.meta.url)), "../../../../docs/images/rate-limiter.svg")
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, plot())
  console.log(path)
} else {
  const figuresOf = (all: ReadonlyArray<Family>) => all.map((family) => figureOf(family, count))
  show("With a goal", count, figuresOf(families))
  show("Without a goal", count, figuresOf(others))
}
