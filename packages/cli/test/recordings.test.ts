import { existsSync, readdirSync, readFileSync } from "node:fs"
import { behavior } from "@checkpoint-permissions/fake"
import { assert, it } from "@effect/vitest"
import { Either } from "effect"
import { differencesOf, read } from "../src/internal/parity/recording/replay.ts"

const root = new URL("../../../", import.meta.url)

const textOf = (path: string): string => readFileSync(new URL(path, root), "utf8")

const recordings = readdirSync(new URL("recordings", root))
  .filter((name) => name.endsWith(".json"))
  .map((name) => ({ name, result: read(JSON.parse(textOf(`recordings/${name}`))) }))

const ofOpenAI = recordings.flatMap(({ name, result }) =>
  Either.isRight(result) && result.right.parity.server === "openai" ? [{ name, ...result.right }] : []
)

it("each recording is in the grammar, and replayed with the differences in the text beside it", () => {
  for (const { name, result } of recordings) {
    const recording = Either.getOrThrowWith(result, (faults) => new Error(`${name}: ${faults.join("; ")}`))
    const path = `recordings/${name.replace(/json$/, "txt")}`
    const known = existsSync(new URL(path, root)) ? textOf(path).split("\n").filter(Boolean) : []
    assert.deepStrictEqual([...differencesOf(recording)], known, name)
  }
})

it("the page on the server counts the recordings of OpenAI's server", () => {
  const days = ofOpenAI.map(({ parity }) => parity.at).sort()
  const last = days.length === 0 ? "" : `, the last on ${days.at(-1)}`
  const link = "[recordings](../recordings/README.md)"
  assert.include(textOf("docs/server.md"), `\nConfirmed by ${days.length} ${link} of OpenAI's server${last}.\n`)
})

it("each default that a recording of OpenAI's server contradicts names the file as a source", () => {
  const defaults: Readonly<Record<string, unknown>> = { ...behavior.defaults }
  const rows = textOf("packages/fake/evidence.jsonl").trimEnd().split("\n")
  for (const { behavior: found, name } of ofOpenAI) {
    for (const [setting, value] of Object.entries(found)) {
      if (JSON.stringify(defaults[setting]) === JSON.stringify(value) || value === "0ms") continue
      const row = rows.find((one) => JSON.parse(one).of === "setting" && JSON.parse(one).id === setting)
      assert.include(row, name, `${setting} of ${name}: change its row`)
    }
  }
})
