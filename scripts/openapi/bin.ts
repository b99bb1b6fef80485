/**
 * `npm run fixture:openapi -- <openapi.json> <commit>`: cuts the routes of the fake out of OpenAI's public OpenAPI
 * document, puts right what is no JSON Schema 2020-12, and prints what it put right. `openapi.json` is that of the commit
 * of https://github.com/openai/openai-openapi. With `--check` it writes nothing, and fails if it would.
 */
import { readFile, writeFile } from "node:fs/promises"
import { made } from "./made.ts"

const fixture = new URL("../../packages/fake/test/fixtures/openapi.json", import.meta.url)
const origin = new URL("./origin.json", import.meta.url)

const isCheck = process.argv.includes("--check")
const [path, commit] = process.argv.slice(2).filter((argument) => argument !== "--check")
if (path === undefined || commit === undefined || !/^[0-9a-f]{40}$/.test(commit)) {
  console.error("usage: npm run fixture:openapi -- [--check] <openapi.json> <commit>")
  process.exit(2)
}

const put = async (file: URL, text: string): Promise<void> => {
  if (!isCheck) return writeFile(file, text)
  if ((await readFile(file, "utf8")) === text) return
  console.error(`${file.pathname} is not what the document makes: run it without --check`)
  process.exitCode = 1
}

const { corrections, ...files } = made(await readFile(path, "utf8"), commit)
await put(fixture, files.fixture)
await put(origin, files.origin)
for (const rule of new Set(corrections.map((one) => one.rule))) {
  console.log(rule)
  for (const { at } of corrections.filter((one) => one.rule === rule)) console.log(`  ${at}`)
}
