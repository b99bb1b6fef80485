/** Compares the pages that show the evidence with its file. A failure shows the expected rows. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "vitest"
import { root } from "../snippets.ts"

interface Row {
  readonly of: "setting" | "rate" | "error" | "event"
  readonly id: string
  readonly claim: string
  readonly grade: string
  readonly if_wrong: string
  /** The pages of the guarantees that rest on it, by their titles in the index. */
  readonly promises?: ReadonlyArray<string>
}

const read = (path: string) => readFileSync(join(root, path), "utf8")

const rows: ReadonlyArray<Row> = read("packages/fake/evidence.jsonl")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line))

/** The rows of the table of a section. */
const tableOf = (page: string, section: string): ReadonlyArray<string> => {
  const part = read(page)
    .split("\n## ")
    .find((one) => one.startsWith(`${section}\n`))
  return (part ?? "").split("\n").filter((line) => line.startsWith("| `"))
}

const grades = {
  recorded: "in a recorded reply of the real server",
  measured: "reported by a user of the server",
  documented: "in OpenAI's documents",
  mock: "in a hand-written sample, which proves nothing",
  assumed: "a guess",
  choice: "none: a choice of an organization or a tester"
}

it("the page on the server counts the rows of each grade", () => {
  const count = (grade: string, kind: Row["of"]) => rows.filter((row) => row.of === kind && row.grade === grade).length
  const expected = Object.entries(grades).map(([grade, meaning]) => {
    const counts = (["setting", "rate", "error", "event"] as const).map((kind) => count(grade, kind))
    return `| \`${grade}\` | ${meaning} | ${counts.join(" | ")} |`
  })
  assert.deepStrictEqual(tableOf("docs/server.md", "Grades"), expected)
})

it("the page on the server lists the assumptions of guarantees", () => {
  const links = new Map(
    Array.from(read("docs/guarantees.md").matchAll(/^\| (\[(.+)\]\(.+\)) \|/gm), ([, link = "", title = ""]) => [
      title,
      link
    ])
  )
  const expected = rows.flatMap(({ claim, grade, id, if_wrong, promises = [] }) => {
    for (const promise of promises) assert.isTrue(links.has(promise), id)
    if (grade !== "assumed" || promises.length === 0) return []
    return [`| \`${id}\` | ${claim} | ${if_wrong} | ${promises.map((name) => links.get(name)).join(", ")} |`]
  })
  assert.deepStrictEqual(tableOf("docs/server.md", "Assumptions of guarantees"), expected)
})

it("the table of settings has the grade of each", () => {
  const shown = tableOf("docs/fake-server.md", "Behaviors").flatMap((line) => {
    const [, names = "", , grade = ""] = line.split("|")
    const all = grade.trim().split(", ")
    return Array.from((names.split(":")[0] ?? "").matchAll(/`(\w+)`/g), ([, name], n) => [name, all[n] ?? all[0]])
  })
  const settings = rows.filter((row) => row.of === "setting")
  assert.sameDeepMembers(
    shown,
    settings.map(({ grade, id }) => [id, grade])
  )
})
