/**
 * `npm run fixture:openapi -- <openapi.json> <commit>`: cuts the routes of the fake out of OpenAI's public OpenAPI
 * document, puts right what is no JSON Schema 2020-12, and prints what it put right. It also writes the types of audit
 * events that the fake accepts. `openapi.json` is that of the commit of https://github.com/openai/openai-openapi.
 *
 * `npm run fixture:openapi -- --check <openapi.json>`: compares a document with what is committed, prints the differences
 * that a client can notice, and changes nothing. Exit code 0: none; 3: some; 1: the document cannot be read.
 */
import { readFile, writeFile } from "node:fs/promises"
import { differences } from "./compare.ts"
import { made } from "./made.ts"
import { isNode } from "./mend.ts"

const fixture = new URL("../../packages/fake/test/fixtures/openapi.json", import.meta.url)
const eventTypes = new URL("../../packages/fake/src/internal/organization/eventTypes.ts", import.meta.url)
const origin = new URL("./origin.json", import.meta.url)

const [, , first, second] = process.argv

const write = async (path: string, commit: string) => {
  const { corrections, ...files } = made(await readFile(path, "utf8"), commit)
  await writeFile(fixture, files.fixture)
  await writeFile(origin, files.origin)
  await writeFile(eventTypes, files.eventTypes)
  for (const { at, rule } of corrections) console.log(`${rule}: ${at}`)
}

const check = async (path: string) => {
  const text = await readFile(path, "utf8")
  const document: unknown = JSON.parse(text)
  if (!isNode(document) || !isNode(document["paths"])) throw new Error("it has no paths")
  const found = differences(JSON.parse(await readFile(fixture, "utf8")), JSON.parse(made(text, "").fixture))
  for (const line of found) console.log(line)
  process.exitCode = found.length === 0 ? 0 : 3
}

if (first === "--check" && second !== undefined) {
  await check(second).catch((error: unknown) => {
    console.error(`${second} cannot be compared: ${String(error).split("\n")[0]}`)
    process.exitCode = 1
  })
} else if (first !== undefined && second !== undefined && /^[0-9a-f]{40}$/.test(second)) {
  await write(first, second)
} else {
  console.error("usage: npm run fixture:openapi -- <openapi.json> <commit>, or --check <openapi.json>")
  process.exitCode = 2
}
