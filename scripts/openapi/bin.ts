/**
 * `npm run fixture:openapi -- <openapi.json>`: cuts the routes of the fake out of OpenAI's public OpenAPI document,
 * puts right what is no JSON Schema 2020-12, and prints what it put right.
 */
import { readFile, writeFile } from "node:fs/promises"
import { cut } from "./cut.ts"
import { mend } from "./mend.ts"

const fixture = new URL("../../packages/fake/test/fixtures/openapi.json", import.meta.url)

const [path] = process.argv.slice(2)
if (path === undefined) {
  console.error("usage: npm run fixture:openapi -- <openapi.json>")
  process.exit(2)
}
const { corrections, document } = mend(cut(JSON.parse(await readFile(path, "utf8"))))
await writeFile(fixture, `${JSON.stringify(document, undefined, 1)}\n`)
for (const rule of new Set(corrections.map((one) => one.rule))) {
  console.log(rule)
  for (const { at } of corrections.filter((one) => one.rule === rule)) console.log(`  ${at}`)
}
