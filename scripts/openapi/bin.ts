/**
 * `npm run fixture:openapi -- <openapi.json> <commit>`: cuts the routes of the fake out of OpenAI's public OpenAPI
 * document, puts right what is no JSON Schema 2020-12, and prints what it put right. `openapi.json` is that of the commit
 * of https://github.com/openai/openai-openapi.
 */
import { readFile, writeFile } from "node:fs/promises"
import { made } from "./made.ts"

const fixture = new URL("../../packages/fake/test/fixtures/openapi.json", import.meta.url)
const origin = new URL("./origin.json", import.meta.url)

const [, , path, commit] = process.argv
if (path === undefined || commit === undefined || !/^[0-9a-f]{40}$/.test(commit)) {
  console.error("usage: npm run fixture:openapi -- <openapi.json> <commit>")
  process.exit(2)
}

const { corrections, ...files } = made(await readFile(path, "utf8"), commit)
await writeFile(fixture, files.fixture)
await writeFile(origin, files.origin)
for (const { at, rule } of corrections) console.log(`${rule}: ${at}`)
