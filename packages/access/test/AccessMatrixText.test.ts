import { AccessMatrix } from "@checkpoint-permissions/access"
import { ascii, visible } from "@checkpoint-permissions/protocol/text"
import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { dataOf } from "../src/internal/audit/page.ts"
import { width } from "../src/internal/text/columns.ts"
import { day, type Given, held, matrix, project } from "./support/audit.ts"
import * as hostile from "./support/hostile.ts"

/** Without what colours it. */
const plain = (text: string): string => text.replace(/\p{Cc}\[[0-9;]*m/gu, "")

const ofIds = <A>(ids: ReadonlyArray<A>) => fc.uniqueArray(fc.constantFrom(...ids), { minLength: 1, maxLength: 5 })

/** Matrices of hostile strings, everywhere where one may be. */
const matrices = fc
  .record({
    checkpoints: ofIds(hostile.ids),
    projects: ofIds(hostile.ids),
    names: fc.dictionary(fc.constantFrom(...hostile.ids), hostile.text),
    reason: hostile.text,
    shape: fc.integer({ min: 0, max: 1000 })
  })
  .map(({ checkpoints, names, projects, reason, shape }) =>
    matrix(
      checkpoints.map((id, c): Given => {
        const access = projects.filter((_, p) => (shape + c * 3 + p * 5) % 3 > 0).map((id, p) => [id, day(p)] as const)
        const [owner] = projects
        const row = { checkpoint: id, access, ...(shape % 2 === 0 && owner !== undefined ? { owner } : {}) }
        const read = { ...row, minutes: (shape % 4) * c * 300 }
        return (shape + c) % 3 === 0 ? { ...read, unknown: reason } : read
      }),
      { names }
    )
  )

const small = matrix(
  [
    { checkpoint: "ft:weather", access: held("proj_a 0", "proj_b 40", "proj_b 41"), owner: "proj_own" },
    { checkpoint: "ft:legal", access: held("proj_a 3"), unknown: "the server failed" },
    { checkpoint: "ft:down", unknown: "not read" },
    { checkpoint: "ft:old" }
  ],
  { names: { proj_a: "Search" } }
)

/** An audit with owner, retirement and actors. */
const annotated: AccessMatrix.AccessMatrix = {
  ...small,
  logFailure: "the log ends in May",
  rows: small.rows.map((row) => ({
    ...row,
    retires: "2027-01-31",
    permissions: row.permissions.map((one, n) => {
      const by = [
        { user: "ana@example.com", agent: "=curl|/8" },
        { key: "key_ci", keyName: "CI" }
      ][n]
      return by === undefined ? one : { ...one, by }
    })
  }))
}

describe("the text of an audit", () => {
  it.prop(
    "has lines that fit, without characters that act, hide or are a command",
    { given: matrices, columns: fc.integer({ min: 1, max: 200 }), all: fc.boolean(), color: fc.boolean() },
    ({ all, color, columns, given }) => {
      const text = AccessMatrix.toText(given, { width: columns, all, color })
      assert.strictEqual(plain(text), AccessMatrix.toText(given, { width: columns, all }))
      assert.isTrue(text.endsWith("\n"))
      for (const line of plain(text).slice(0, -1).split("\n")) {
        assert.notMatch(line, hostile.unprintable)
        assert.notMatch(line, /^\s*::|##\[/)
        assert.isAtMost(width(line), Math.max(24, columns), line)
      }
    },
    { fastCheck: { numRuns: 100 } }
  )

  it("shows access, unknown rows, and each checkpoint without access", () => {
    assert.strictEqual(
      AccessMatrix.toText(small),
      [
        "• ft:weather",
        "    2024-09-01  proj_b  (2 permissions)",
        "    owner       proj_own",
        "    2024-07-23  proj_a  Search",
        "! ft:legal",
        "    2024-07-26  proj_a  Search",
        "    unknown     every other project: the server failed",
        "? ft:down",
        "    unknown     every project: not read",
        "• ft:old",
        "    none        no permission",
        "",
        "4 checkpoints, 3 projects: 3 with a permission, 1 owner, 5 unknown, 2 checkpoints not read to the end, 1 duplicate permission.",
        "3 checkpoints: owner unknown (owners always have access).",
        ""
      ].join("\n")
    )
  })

  it("shows projects without access on demand", () => {
    const text = AccessMatrix.toText(small, { all: true })
    assert.include(text, "• ft:old\n    none        proj_b: no permission\n    none        proj_own: no permission\n")
    assert.notInclude(text, "--all")
    assert.include(
      AccessMatrix.toText(matrix([{ checkpoint: "ft:old" }]), { all: true }),
      "none        no permission\n"
    )
  })

  it("shows actors, retirement and why actors are missing", () => {
    const text = AccessMatrix.toText(annotated)
    assert.include(text, "• ft:weather  retires 2027-01-31\n")
    assert.include(text, "    2024-07-23  proj_a  Search  by ana@example.com (=curl|/8)\n")
    assert.include(text, "    2024-09-01  proj_b  (2 permissions)  by key_ci (CI)\n")
    assert.include(text, "\nRetiring: 4 on 2027-01-31.\nActors of grants may be missing: the log ends in May.\n")
  })

  it("shows the times of the readings unless they are of one minute", () => {
    const read = (...minutes: ReadonlyArray<number>) =>
      AccessMatrix.toText(
        matrix(minutes.map((minutes, n) => ({ checkpoint: `ft:${n}`, access: held("proj_a 0"), minutes })))
      )
    for (const text of [read(), read(7), read(0, 1)]) assert.notInclude(text, "read ")
    assert.include(read(0, 31), "• ft:1  read 2026-08-01 12:31\n    2024-07-23  proj_a\n")
    assert.include(read(0, 2), "\nRead 2026-08-01 12:00 to 2026-08-01 12:02 UTC.\n")
    assert.include(read(0, 760), "\nRead 2026-08-01 12:00 to 2026-08-02 00:40 UTC.\n")
  })

  it("of one project shows its checkpoints and unknown ones, and all on demand", () => {
    const rows = [
      { checkpoint: "ft:a", access: held("proj_a 0") },
      { checkpoint: "ft:b" },
      { checkpoint: "ft:c", unknown: "the server failed" }
    ]
    const reversed = matrix(rows, { project: project("proj_a") })
    const text = AccessMatrix.toText(reversed)
    assert.include(text, "2024-07-23  proj_a")
    assert.notInclude(text, "ft:b")
    assert.include(text, "unknown     proj_a: the server failed")
    assert.include(text, "\n3 checkpoints, 1 project: ")
    assert.include(AccessMatrix.toText(reversed, { all: true }), "• ft:b\n    none        proj_a: no permission")
  })

  it("sums owners of jobs, of policies, and unknown ones separately", () => {
    const rows = ["a", "b", "c"].map((id) => ({ checkpoint: `ft:${id}`, owner: "proj_own" }))
    const [job, ...others] = matrix([...rows, { checkpoint: "ft:d" }]).rows
    const stated = others.map((row) => (row.owner === undefined ? row : { ...row, ownerSource: "policy" as const }))
    const text = (rows: typeof others) => AccessMatrix.toText({ ...matrix([]), rows })
    assert.notInclude(text(job === undefined ? [] : [job]), "unknown")
    const all = text([...(job === undefined ? [] : [job]), ...stated])
    assert.include(all, "\n4 checkpoints, 1 project: 0 with a permission, 1 owner.\n")
    const unknown = "1 checkpoint: owner unknown (owners always have access).\n"
    assert.include(all, `\n2 owners, named by the policy only.\n${unknown}`)
    assert.notInclude(text(stated.slice(0, 2)), "unknown")
  })
})

/** RFC 4180, strictly. */
const parsed = (csv: string): ReadonlyArray<ReadonlyArray<string>> => {
  const records: Array<Array<string>> = []
  let at = 0
  while (at < csv.length) {
    const record: Array<string> = []
    for (;;) {
      const cell = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/.exec(csv.slice(at))
      assert(cell !== null, csv.slice(at, at + 80))
      record.push(cell[1] === undefined ? (cell[2] ?? "") : cell[1].replaceAll('""', '"'))
      at += cell[0].length
      if (cell[3] !== ",") break
    }
    records.push(record)
  }
  return records
}

/** Reads a cell as the guide describes it. */
const imported = (cell: string): string => (cell.startsWith("'") ? cell.slice(1) : cell)

describe("an audit as a file", () => {
  it.prop(
    "is CSV without formulas and hidden characters, and tab-separated lines with the same cells",
    { given: matrices, all: fc.boolean() },
    ({ all, given }) => {
      const csv = AccessMatrix.toCsv(given, { all })
      assert.notMatch(csv.replaceAll("\r\n", ""), hostile.unprintable)
      const [head, ...records] = parsed(csv)
      for (const record of records) {
        assert.strictEqual(record.length, head?.length)
        for (const cell of record) {
          assert.notMatch(cell, /^[=+\-@\t\r]/)
          // where the semicolon separates, nothing behind one begins a formula either
          assert.notMatch(cell, /;['"\s]*[=+\-@]/)
        }
      }
      const lines = AccessMatrix.toLines(given, { all })
      assert.notMatch(lines.replaceAll(/[\t\n]/g, ""), hostile.unprintable)
      assert.deepStrictEqual(
        lines
          .split("\n")
          .slice(0, -1)
          .map((line) => line.split("\t").map((cell) => cell.replaceAll("\\u003b", ";"))),
        records.map((record) => record.map((cell) => imported(cell).replaceAll("\\u003b", ";")))
      )
      if (!all) return
      const ids = new Set(records.map(([id]) => imported(id ?? "").replaceAll("\\u003b", ";")))
      assert.deepStrictEqual(
        ids,
        new Set(given.rows.map((row) => visible(ascii(row.checkpoint)).replaceAll("\\u003b", ";")))
      )
    }
  )

  it("is CSV with a line for each project with access and for each unknown row", () => {
    const given = matrix(
      [
        { checkpoint: "ft:a,b", access: [["=cmd|' /C calc'!A0", day(1)]] },
        { checkpoint: "ft:c", unknown: 'it "failed"', owner: "'quoted'" }
      ],
      { names: { "=cmd|' /C calc'!A0": "@sum" } }
    )
    assert.deepStrictEqual(
      parsed(AccessMatrix.toCsv({ ...annotated, rows: [...given.rows, ...annotated.rows], names: given.names })).map(
        (record) => record.join(" | ")
      ),
      [
        "checkpoint | project | name | access | since | permissions | granted_by | retires | reason | read_at",
        "ft:a,b | '=cmd|' /C calc'!A0 | '@sum | yes | 2024-07-24T20:01:07Z | 1 |  |  |  | 2026-08-01T12:00:00Z",
        "ft:c | ''quoted' |  | owner |  |  |  |  |  | 2026-08-01T12:00:00Z",
        'ft:c |  |  | unknown |  |  |  |  | it "failed" | 2026-08-01T12:00:00Z',
        "ft:weather | proj_a |  | yes | 2024-07-23T20:01:07Z | 1 | ana@example.com (=curl|/8) | 2027-01-31 |  | 2026-08-01T12:00:00Z",
        "ft:weather | proj_b |  | yes | 2024-09-01T20:01:07Z | 2 | key_ci (CI) | 2027-01-31 |  | 2026-08-01T12:00:00Z",
        "ft:weather | proj_own |  | owner |  |  |  | 2027-01-31 |  | 2026-08-01T12:00:00Z",
        "ft:legal | proj_a |  | yes | 2024-07-26T20:01:07Z | 1 | ana@example.com (=curl|/8) | 2027-01-31 |  | 2026-08-01T12:00:00Z",
        "ft:legal |  |  | unknown |  |  |  | 2027-01-31 | the server failed | 2026-08-01T12:00:00Z",
        "ft:down |  |  | unknown |  |  |  | 2027-01-31 | not read | 2026-08-01T12:00:00Z"
      ]
    )
  })

  it("is Markdown with the same rows, in which no id has a meaning", () => {
    const evil = matrix([{ checkpoint: "ft:a|`<b>@all", access: held("proj_a 0", "proj_b 1") }])
    const markdown = AccessMatrix.toMarkdown({ ...annotated, rows: [...evil.rows, ...annotated.rows] })
    assert.match(markdown, /^### Who can use what: incomplete\n\n5 checkpoints, 3 projects: /)
    assert.include(
      markdown,
      "| checkpoint | project | name | access | since | granted by | retires | reason |\n| --- |"
    )
    assert.include(markdown, "| `` ft:a\\|`<b>@all `` | `proj_b` |  | `yes` | `2024-07-24T20:01:07Z` |")
    assert.include(markdown, "| `ana@example.com (=curl\\|/8)` |")
    const order = [...AccessMatrix.toMarkdown(annotated).matchAll(/^\| `(ft:\w+)` \| `?(\w*)/gm)].map(
      ([, id, project]) => `${id}\t${project}`
    )
    const lines = AccessMatrix.toLines(annotated).trimEnd().split("\n")
    assert.deepStrictEqual(order, [...lines.map((line) => line.split("\t").slice(0, 2).join("\t")), "ft:old\t"])
    const cut = AccessMatrix.toMarkdown(annotated, { rows: 2 })
    assert.include(cut, "\nand 5 more.\n")
  })

  it("is a page with actors and retirement days", () => {
    const [one] = dataOf(annotated).checkpoints
    assert.strictEqual(one?.retires, "2027-01-31")
    assert.strictEqual(one?.permissions[0]?.[3], "ana@example.com (=curl|/8)")
  })
})
