/**
 * `npm run bench`: measures all rows, or the named ones, and prints the table of docs/benchmarks.md.
 *
 *     npm run bench -- [--row stream] [--row lists] [--runs 9] [--quick] [--beside ../another-checkout]
 *
 * `--quick` does a tenth of the work, as a smoke test. `--beside` measures the library of another checkout in the same
 * run, such as an earlier version.
 */
import { cpus } from "node:os"
import { parseArgs } from "node:util"
import { type Figure, rows } from "./figures.ts"
import { prepare, start, versionOf } from "./processes.ts"
import { table } from "./table.ts"

const { values } = parseArgs({
  options: {
    beside: { type: "string" },
    quick: { type: "boolean", default: false },
    row: { type: "string", multiple: true, default: Object.keys(rows) },
    runs: { type: "string", default: "9" }
  }
})
const contenders = ["openai", "ours3", "ours4", "hand3", "http3", "http4"]
if (values.beside !== undefined) contenders.push("beside3", "beside4")
await prepare(values.beside)

const { close, url } = await start("server")
const figures: Array<Figure> = []
for (const name of values.row) {
  const run = rows[name]
  if (run === undefined) throw new Error(`no row ${name}: pass ${Object.keys(rows).join(", ")}`)
  process.stderr.write(`${name}\n`)
  figures.push(...(await run({ contenders, quick: values.quick, runs: Number(values.runs), url })))
}
close()
const versions = ["effect", "effect-4", "openai"].map((name) => `${name} ${versionOf(name)}`)
process.stdout.write(`${table(figures)}

${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${process.platform} ${process.arch}, Node 22; ${versions.join(", ")}
${values.runs} runs in turn${values.quick ? ", of a tenth of the work" : ""}
`)
