import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Access, AccessPlan, Journal } from "@checkpoint-permissions/access"
import { Identifiers } from "@checkpoint-permissions/core"
import { behavior } from "@checkpoint-permissions/fake"
import { DateTime } from "effect"
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

/** Returns the code in a cell, except parts of objects. */
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
  const source = readFileSync(join(root, "packages/client/src/internal/metricKeys.ts"), "utf8")
  assert.deepStrictEqual(
    rowsOf("observability.md").flatMap(([own, name]) =>
      codeOf(name).flatMap((each) => (each.startsWith("checkpoint_permissions") ? [[codeOf(own)[0], each]] : []))
    ),
    Array.from(source.matchAll(/^export const (\w+) = \w+\(\s*"(checkpoint_\w+)"/gm), ([, own, name]) => [own, name])
  )
})

it("the table of exit codes has each that the command line knows", () => {
  const source = readFileSync(join(root, "packages/cli/src/internal/command/exitCode.ts"), "utf8")
  assert.sameMembers(
    rowsOf("command-line.md", "Exit codes").flatMap(([codes = ""]) => codes.trim().split(", ")),
    Array.from(source.matchAll(/(?:=|SIG\w+:) (\d+)/g), ([, code = ""]) => code)
  )
})

it("the table of folders has each folder of the sources, once", () => {
  const packages = ["access", "cli", "client", "effect4", "fake", "testing"]
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

const guarantees = readdirSync(join(root, "docs/guarantees")).map((file) => {
  const lines = readFileSync(join(root, "docs/guarantees", file), "utf8")
    .trimEnd()
    .split("\n")
  const rows = lines
    .filter((line) => line.startsWith("| ") && !/^\| (Promise|---) \|/.test(line))
    .map((line) => line.split(" | "))
  return { file, lines, promises: rows.map(([promise = "", tests = ""]) => ({ promise: promise.slice(2), tests })) }
})

it.each(guarantees)("each promise of guarantees/$file has a link to its tests, and words of them", ({ promises }) => {
  const missing = promises.flatMap(({ promise, tests }) => {
    const files = Array.from(tests.matchAll(/\]\(([^)]+)\)/g), ([, link = ""]) => join(root, "docs/guarantees", link))
    const text = files
      .filter((file) => file.endsWith(".ts") && existsSync(file))
      .map((file) => readFileSync(file, "utf8").replaceAll(/[`\\]/g, ""))
      .join("")
    return [
      ...(files.length === 0 ? [promise] : []),
      ...files.filter((file) => !existsSync(file)),
      ...Array.from(tests.matchAll(/“([^”]*)”/g), ([, words = ""]) => words).filter((words) => !text.includes(words))
    ]
  })
  assert.deepStrictEqual(missing, [])
})

it.each(guarantees)("each promise of guarantees/$file is one sentence of at most 25 words", ({ lines, promises }) => {
  const long = promises.flatMap(({ promise }) => {
    const plain = promise.replaceAll(/`[^`]*`|\]\([^)]*\)/g, "")
    return /[.?!] \S/.test(plain) || (plain.match(/[\w'-]+/g) ?? []).length > 25 ? [promise] : []
  })
  assert.deepStrictEqual(long, [])
  assert.isAtMost(lines.length, 70)
})

it("the page on offboarding has the sentence of each ending", () => {
  const time = (minute: string) => DateTime.unsafeMake(`2026-12-04T14:${minute}:00Z`)
  const row = { readFrom: time("02"), readAt: time("31"), complete: true, permissions: [] } as const
  const rows = (count: number) =>
    Array.from({ length: count }, (_, n) => ({
      ...row,
      checkpoint: Identifiers.CheckpointId.make(`ft:${n}`),
      owner: Identifiers.ProjectId.make("proj_own"),
      ownerSource: "job" as const
    }))
  const sentences = (revoked: number, ending: Access.Offboarded["endings"][0], count = 62) =>
    Access.sentences({
      _tag: "Offboarded",
      project: Identifiers.ProjectId.make("proj_fraud"),
      endings: [ending],
      revoked: Array.from({ length: revoked }, (_, n) => Identifiers.PermissionId.make(`cp_${n}`)),
      matrix: {
        format: "checkpoint-permissions/matrix",
        version: 3,
        createdAt: time("00"),
        apiUrl: "",
        names: {},
        projects: [],
        rows: rows(count)
      },
      filter: "works"
    })
  const made = [
    ...sentences(8, { _tag: "Interrupted", unverified: 62, remaining: 3 }),
    ...sentences(100, { _tag: "LimitReached", remaining: 12 }),
    ...sentences(0, { _tag: "NotRemoved", unread: 3, listed: 0, total: 62 }),
    ...sentences(0, { _tag: "StillOwner", checkpoints: 1 }),
    ...sentences(0, { _tag: "LogIncomplete", reason: "" }),
    ...sentences(0, { _tag: "FindIncomplete", reason: "1 key could not be used" }),
    ...sentences(0, { _tag: "ProjectNotSeen" }, 0),
    ...sentences(0, { _tag: "ProjectNotSeen" }),
    ...sentences(0, { _tag: "OwnersUnknown", checkpoints: 3 }),
    ...sentences(0, { _tag: "Removed" })
  ]
  const shown = rowsOf("revoking-everywhere.md", "The verdict").map(([first = ""]) => first.trim().replaceAll("`", ""))
  assert.lengthOf(shown, made.length)
  for (const [at, text] of shown.entries()) {
    const [start = "", rest = ""] = text.split("…")
    assert.isTrue(made[at]?.startsWith(start) && made[at].includes(rest), `${text}: ${made[at]}`)
  }
})
