import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { AccessPlan, Journal } from "@checkpoint-permissions/access"
import { behavior } from "@checkpoint-permissions/fake"
import { assert, it } from "vitest"
import { root } from "../snippets.ts"

/** The cells of the rows of a page, or of one section of it, that begin with something in code. */
const rowsOf = (page: string, section = ""): ReadonlyArray<ReadonlyArray<string>> =>
  readFileSync(join(root, "docs", page), "utf8")
    .split("\n## ")
    .filter((part) => section === "" || part.startsWith(`${section}\n`))
    .flatMap((part) => part.split("\n"))
    .filter((line) => /^\| [`\d]/.test(line))
    .map((line) => line.split("|").slice(1, -1))

/** What stands in code in a cell, a part of an object apart. */
const codeOf = (cell = ""): ReadonlyArray<string> => Array.from(cell.matchAll(/`([\w-]+)`/g), ([, text = ""]) => text)

const namesOf = (section: string): ReadonlyArray<string> =>
  rowsOf("plan-and-apply.md", section).flatMap(([name]) => codeOf(name))

it("the table of behaviours names each once, with every value that it can take", () => {
  const rows = rowsOf("fake-server.md", "Behaviors")
  const named = rows.flatMap(([name = ""]) => codeOf(name.split(":")[0]))
  assert.sameMembers([...named], Object.keys(behavior.defaults))
  for (const [name, values] of Object.entries(behavior.unknowns)) {
    const cell = rows.find(([first = ""]) => first.startsWith(` \`${name}\``))?.[1]
    assert.deepStrictEqual(codeOf(cell), [...values], name)
  }
})

it("the tables of the plan file name each field once", () => {
  assert.sameMembers(
    [...namesOf("The plan file")],
    // the file has the digest besides what a plan has
    ["digest", ...Object.keys(AccessPlan.AccessPlan.fields), ...Object.keys(AccessPlan.CheckpointPlan.fields)]
  )
})

it("the table of the journal names each field once", () => {
  assert.sameMembers([...namesOf("The journal")], Object.keys(Journal.Entry.fields))
})

it("the table of metrics names each by both names", () => {
  const source = readFileSync(join(root, "packages/client/src/Metrics.ts"), "utf8")
  assert.deepStrictEqual(
    rowsOf("observability.md").flatMap(([own, name]) =>
      codeOf(name).flatMap((each) => (each.startsWith("checkpoint_permissions") ? [[codeOf(own)[0], each]] : []))
    ),
    Array.from(source.matchAll(/^export const (\w+) = \w+\(\s*"(checkpoint_\w+)"/gm), ([, own, name]) => [own, name])
  )
})

it("the table of exit codes has each that the command line knows", () => {
  const source = readFileSync(join(root, "packages/cli/src/internal/exitCode.ts"), "utf8")
  assert.sameMembers(
    rowsOf("exit-codes.md").flatMap(([codes = ""]) => codes.trim().split(", ")),
    Array.from(source.matchAll(/(?:=|SIG\w+:) (\d+)/g), ([, code = ""]) => code)
  )
})

it("the table of folders has each folder of the sources, once", () => {
  const packages = ["access", "cli", "client", "effect4", "fake", "page", "testing"]
  const foldersOf = (path: string): ReadonlyArray<string> =>
    readdirSync(join(root, path), { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
  const present = packages.flatMap((name) => [
    ...foldersOf(`packages/${name}/src`)
      .flatMap((folder) =>
        folder === "internal" ? foldersOf(`packages/${name}/src/internal`) : folder === "style" ? [] : [folder]
      )
      .map((folder) => `${name}/${folder}`)
  ])
  const listed = rowsOf("architecture.md").flatMap(([folders = ""]) =>
    Array.from(folders.matchAll(/`(\w+\/\w+)`/g), ([, folder]) => folder)
  )
  assert.sameMembers(listed, present)
})

it("each promise names tests that are there, and words of them", () => {
  const promises = readFileSync(join(root, "docs/guarantees.md"), "utf8")
    .split("\n")
    .filter((line) => /^\| .* \|$/.test(line))
  const missing = promises.flatMap((line) => {
    const held = line.split("|")[2] ?? ""
    const files = Array.from(
      held.matchAll(/`(\w+\/test\/[\w/]+\.test\.ts|contract\/src\/cases\/\w+\.ts)`/g),
      ([, file = ""]) => `packages/${file}`
    )
    const text = files
      .map((file) => readFileSync(join(root, file), "utf8"))
      .join("")
      .replaceAll(/[`\\]/g, "")
    return Array.from(held.matchAll(/“([^”]*)”/g), ([, words = ""]) => words).filter((words) => !text.includes(words))
  })
  assert.deepStrictEqual(missing, [])
})
