/** `pnpm bench`: measures every row, or those named, prints the table and writes everything as JSON. */
import { writeFileSync } from "node:fs"
import { resolve } from "node:path"
import { parseArgs } from "node:util"
import { processes } from "./build.ts"
import { environment, json, type Measured, table } from "./report.ts"
import type { Row } from "./row.ts"
import { audit } from "./rows/audit.ts"
import { cold, size } from "./rows/bundles.ts"
import { cold4, lists4, memory4, size4, stream4 } from "./rows/effect4.ts"
import { concurrent, defaults, prefetch, sequential, stream } from "./rows/loopback.ts"
import { memory } from "./rows/memory.ts"
import { quota } from "./rows/quota.ts"

const rows: ReadonlyArray<Row> = [
  quota,
  audit,
  stream,
  defaults,
  prefetch,
  sequential,
  concurrent,
  memory,
  size,
  cold,
  stream4,
  lists4,
  memory4,
  size4,
  cold4
]

const names = rows.map((row) => row.name).join(", ")
const usage = `Usage: pnpm bench [--row <name>]… [--quick] [--runs <n>] [--out <file>]\nRows: ${names}`

const refuse = (message: string): never => {
  process.stderr.write(`${message}\n${usage}\n`)
  process.exit(2)
}

const options = () => {
  try {
    return parseArgs({
      options: {
        row: { type: "string", multiple: true },
        quick: { type: "boolean", default: false },
        runs: { type: "string" },
        out: { type: "string", default: "bench-results.json" },
        help: { type: "boolean", default: false }
      }
    }).values
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
}

const { help, out, quick, row: wanted = [], runs: asked } = options()
if (help) {
  process.stdout.write(`${usage}\n`)
  process.exit()
}
const strange = wanted.find((name) => rows.every((row) => row.name !== name))
if (strange !== undefined) refuse(`There is no row ${strange}.`)
const runs = asked === undefined ? (quick ? 3 : 9) : Number(asked)
if (!(Number.isInteger(runs) && runs > 0)) refuse(`--runs ${asked} is no number of runs.`)

const say = (text: string): void => void process.stderr.write(`${text}\n`)

const { cores, cpu, node, platform, versions } = environment()
await processes()
const measured: Array<Measured> = []
for (const row of rows) {
  if (wanted.length > 0 && !wanted.includes(row.name)) continue
  say(row.title)
  measured.push({ row, result: await row.run({ quick, runs, say }) })
}

const file = resolve(out)
writeFileSync(file, `${json(measured, { quick, runs })}\n`)
const missed = measured.flatMap(({ result }) => result.lines).filter((line) => !line.met).length
const all = measured.flatMap(({ result }) => result.lines).length
process.stdout.write(`${table(measured)}

${cpu}, ${cores} cores, ${platform}, Node ${node}
${Object.entries(versions)
  .map(([name, version]) => `${name} ${version}`)
  .join(", ")}
${quick ? "Quick: the figures mean little. " : ""}${runs} runs in turn after warm-up; times are medians.
${all - missed} of ${all} goals met; everything that was measured: ${file}
`)
