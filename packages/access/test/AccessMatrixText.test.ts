import { AccessMatrix, TerminalText } from "@checkpoint-permissions/access"
import { visible } from "@checkpoint-permissions/protocol/text"
import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { dataOf } from "../src/internal/render/page.ts"
import { day, type Given, held, large, matrix } from "./support/audit.ts"
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

describe("terminals", () => {
  it("a name cannot be a command", () => {
    const given = matrix([{ checkpoint: "ft:a", access: held("proj_a 0") }], { names: { proj_a: "::error::x" } })
    assert.match(AccessMatrix.toTable(given), /^\| +\\u003a:error::x$/m)
  })

  it.prop(
    "get lines that fit, in which nothing acts, hides or is a command to a build",
    {
      given: matrices,
      columns: fc.integer({ min: 1, max: 200 }),
      form: fc.constantFrom<AccessMatrix.TableOptions["form"]>("table", "list", undefined),
      color: fc.boolean()
    },
    ({ color, columns, form, given }) => {
      const text = AccessMatrix.toTable(given, { width: columns, form, color })
      assert.strictEqual(plain(text), AccessMatrix.toTable(given, { width: columns, form }))
      assert.isTrue(text.endsWith("\n"))
      for (const line of plain(text).slice(0, -1).split("\n")) {
        assert.notMatch(line, hostile.unprintable)
        assert.notMatch(line, /^\s*::|##\[/)
        if (form !== "table") assert.isAtMost(TerminalText.width(line), Math.max(24, columns), line)
      }
    },
    { fastCheck: { numRuns: 300 } }
  )

  const small = matrix(
    [
      { checkpoint: "ft:weather", access: held("proj_a 0", "proj_b 40"), owner: "proj_own" },
      { checkpoint: "ft:legal", access: held("proj_a 3"), unknown: "the server failed" },
      { checkpoint: "ft:old" }
    ],
    { names: { proj_a: "Search" } }
  )

  it("a table with dates where it fits", () => {
    assert.strictEqual(
      AccessMatrix.toTable(small, { width: 80 }),
      [
        "  checkpoint  proj_b      proj_own    proj_a",
        "|                                     Search",
        "• ft:weather  2024-09-01  owner       2024-07-23",
        "! ft:legal    unknown     unknown     2024-07-26",
        "• ft:old      -           -           -",
        "",
        "? the server failed",
        "3 checkpoints, 3 projects: 3 with a permission, 1 owner, 2 unknown, 1 checkpoint",
        "not read to the end; the owner of 2 checkpoints is not known, and has access",
        "without a permission",
        ""
      ].join("\n")
    )
  })

  it("then one of marks, with what they mean", () => {
    assert.strictEqual(
      AccessMatrix.toTable(small, { width: 40 }).split("\n\n").slice(0, 2).join("\n\n"),
      [
        "  checkpoint 1 2 3",
        "• ft:weather x o x",
        "! ft:legal   ? ? x",
        "• ft:old     - - -",
        "",
        "= x access, o owner, . no access, - no",
        "| permission, ? unknown",
        "1 proj_b",
        "2 proj_own",
        "3 proj_a  Search"
      ].join("\n")
    )
  })

  it("then a list, in which every project has its line", () => {
    const wide = large(20, 15)
    const text = AccessMatrix.toTable(wide, { width: 80 })
    assert.strictEqual(text, AccessMatrix.toTable(wide, { form: "list", width: 80 }))
    for (const { permissions } of wide.rows) {
      for (const { project_id } of permissions) assert.include(text, `${project_id}  ${wide.names[project_id]}\n`)
    }
    assert.strictEqual(
      AccessMatrix.toTable(small, { form: "list", width: 70 }).split("\n\n")[0],
      [
        "• ft:weather",
        "    2024-09-01  proj_b",
        "    owner       proj_own",
        "    2024-07-23  proj_a  Search",
        "! ft:legal",
        "    2024-07-26  proj_a  Search",
        "    unknown     every other project: the server failed",
        "• ft:old",
        "    nobody      no project: no permission"
      ].join("\n")
    )
  })

  describe("when the rows were read", () => {
    const read = (...minutes: ReadonlyArray<number>) =>
      matrix(
        minutes.map((minutes, n) => ({ checkpoint: `ft:${n}`, access: held("proj_a 0"), minutes })),
        { names: { proj_a: "Search" } }
      )

    it("is said where it was not at about the same time", () => {
      for (const form of ["table", "list"] as const) {
        for (const given of [read(), read(7), read(0, 1)]) {
          assert.notInclude(AccessMatrix.toTable(given, { form }), "read ", form)
        }
        assert.include(AccessMatrix.toTable(read(0, 2), { form }), "read 2026-08-01 12:00 to 12:02 UTC\n", form)
        const twoDays = AccessMatrix.toTable(read(0, 760), { form })
        assert.include(twoDays, "read 2026-08-01 12:00 to 2026-08-02 00:40 UTC\n", form)
        assert.include(twoDays, "2026-08-01 12:00 ", form)
      }
    })

    const given = read(0, 31)

    it("in a table, with dates and with marks", () => {
      assert.strictEqual(
        AccessMatrix.toTable(given).split("\n\n")[0],
        [
          "  checkpoint  read   proj_a",
          "|                    Search",
          "• ft:0        12:00  2024-07-23",
          "• ft:1        12:31  2024-07-23"
        ].join("\n")
      )
      assert.include(AccessMatrix.toTable(given, { width: 28 }), "• ft:1       12:31 x\n")
    })

    it("in a list", () => {
      assert.include(
        AccessMatrix.toTable(given, { form: "list" }),
        "• ft:1  read 12:31\n    2024-07-23  proj_a  Search\n"
      )
    })

    it("and in both forms of CSV and in JSON, of every row", () => {
      for (const form of ["table", "list"] as const) {
        const [head = "", ...lines] = AccessMatrix.toCsv(given, { form }).trimEnd().split("\r\n")
        const column = head.split(",").indexOf("read_at")
        assert.deepStrictEqual(
          lines.map((line) => line.split(",")[column]),
          ["2026-08-01T12:00:00Z", "2026-08-01T12:31:00Z"]
        )
      }
      const times = AccessMatrix.toJson(given).match(/"readAt":"[^"]*"/g)
      assert.deepStrictEqual(times, ['"readAt":"2026-08-01T12:00:00.000Z"', '"readAt":"2026-08-01T12:31:00.000Z"'])
    })
  })

  describe("of hundreds by hundreds", () => {
    const given = large(300, 200)
    const rowsOf = (text: string) => text.split("\n").filter((line) => /^[•!?] .*ft:/.test(line))

    it("through a pipe, a row is a line, whatever the form", () => {
      for (const width of [undefined, Number.POSITIVE_INFINITY]) {
        const table = AccessMatrix.toTable(given, { width })
        assert.strictEqual(rowsOf(table).length, 300)
        // Two lines of heads, the rows, an empty line, one reason, one sentence.
        assert.strictEqual(table.split("\n").length, 2 + 300 + 1 + 1 + 1 + 1)
        assert.strictEqual(AccessMatrix.toTable(given, { width, form: "table" }), table)
        const list = AccessMatrix.toTable(given, { width, form: "list" }).split("\n")
        const { cells, incomplete } = AccessMatrix.counts(given)
        const nobody = given.rows.filter(
          (row) => row.complete && row.permissions.length === 0 && row.owner === undefined
        )
        // A line for each checkpoint, grant and owner, and where nobody has access or others are unknown.
        assert.strictEqual(list.length, 300 + cells.access + cells.owner + incomplete + nobody.length + 1 + 1 + 1)
      }
    })
  })

  describe("what an inventory knows", () => {
    const [carried, fresh] = matrix([
      { checkpoint: "ft:a", access: held("proj_a 0", "proj_a 1", "proj_b 2"), owner: "proj_own" },
      { checkpoint: "ft:b", access: held("proj_a 3"), minutes: 900 }
    ]).rows
    assert(carried?.complete === true && fresh !== undefined)
    const by = ["ana@example.com", "key_ci", undefined]
    const given: AccessMatrix.AccessMatrix = {
      ...matrix([], { names: { proj_a: "Search" } }),
      rows: [
        {
          ...carried,
          retires: "2027-01-31",
          permissions: carried.permissions.map((one, n) => ({ ...one, ...(by[n] === undefined ? {} : { by: by[n] }) }))
        },
        fresh
      ]
    }

    it("stands in a table where it fits", () => {
      assert.strictEqual(
        AccessMatrix.toTable(given).split("\n\n")[0],
        [
          "  checkpoint  read              retires     proj_b      proj_own    proj_a",
          "|                                                                   Search",
          "• ft:a        2026-08-01 12:00  2027-01-31  2024-07-25  owner       2024-07-23 by ana@example.com, key_ci",
          "• ft:b        2026-08-02 03:00              -           -           2024-07-26"
        ].join("\n")
      )
      const narrow = AccessMatrix.toTable(given, { width: 90 })
      assert.include(narrow, "2027-01-31  2024-07-25  owner       2024-07-23\n")
      assert.include(narrow, "= who granted what is in the list\n")
    })

    it("stands in the list", () => {
      const list = AccessMatrix.toTable(given, { form: "list", width: 90 })
      assert.include(list, "• ft:a  retires 2027-01-31  read 2026-08-01 12:00\n")
      assert.include(list, "    2024-07-23  proj_a  Search  (2 permissions)  by ana@example.com, key_ci\n")
      assert.include(list, "    2024-07-25  proj_b\n")
    })

    it("stands in both forms of CSV", () => {
      assert.strictEqual(
        AccessMatrix.toCsv(given),
        [
          "checkpoint,read_at,complete,reason,retires,proj_b,proj_own,proj_a Search,proj_a Search granted by",
          'ft:a,2026-08-01T12:00:00Z,yes,,2027-01-31,2024-07-25T20:01:07Z,owner,2024-07-23T20:01:07Z,"ana@example.com, key_ci"',
          "ft:b,2026-08-02T03:00:00Z,yes,,,no permission,no permission,2024-07-26T20:01:07Z,unknown",
          ""
        ].join("\r\n")
      )
      assert.strictEqual(
        AccessMatrix.toCsv(given, { form: "list" }),
        [
          "checkpoint,project,name,access,since,permissions,read_at,reason,retires,granted_by",
          "ft:a,proj_b,,yes,2024-07-25T20:01:07Z,1,2026-08-01T12:00:00Z,,2027-01-31,unknown",
          "ft:a,proj_own,,owner,,,2026-08-01T12:00:00Z,,2027-01-31,",
          'ft:a,proj_a,Search,yes,2024-07-23T20:01:07Z,2,2026-08-01T12:00:00Z,,2027-01-31,"ana@example.com, key_ci"',
          "ft:b,proj_a,Search,yes,2024-07-26T20:01:07Z,1,2026-08-02T03:00:00Z,,,unknown",
          ""
        ].join("\r\n")
      )
    })

    it("is on the page", () => {
      const [one] = dataOf(given).checkpoints
      assert.deepInclude(one, { retires: "2027-01-31", owner: 1 })
      assert.strictEqual(one?.permissions[0]?.[3], "ana@example.com")
    })
  })

  it("the reversed question says yes, no or unknown of each checkpoint", () => {
    const reversed = matrix(
      [
        { checkpoint: "ft:a", access: held("proj_a 0") },
        { checkpoint: "ft:b" },
        { checkpoint: "ft:c", unknown: "the server failed" }
      ],
      { project: AccessMatrix.projects(small)[2] ?? assert.fail() }
    )
    const text = AccessMatrix.toTable(reversed, { form: "list" })
    assert.include(text, "2024-07-23  proj_a")
    assert.include(text, "none        proj_a: no permission")
    assert.include(text, "unknown     proj_a: the server failed")
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

/** What the docs tell those who import it. */
const imported = (cell: string): string => (cell.startsWith("'") ? cell.slice(1) : cell)

describe("CSV", () => {
  it.prop(
    "holds no formula and nothing hidden, and every record has every cell",
    { given: matrices, form: fc.constantFrom<AccessMatrix.CsvOptions["form"]>("table", "list") },
    ({ form, given }) => {
      const csv = AccessMatrix.toCsv(given, { form })
      assert.notMatch(csv.replaceAll("\r\n", ""), hostile.unprintable)
      const [head, ...records] = parsed(csv)
      for (const record of records) {
        assert.strictEqual(record.length, head?.length)
        for (const cell of record) {
          assert.notMatch(cell, /^[=+\-@\t\r]/)
          // Where the semicolon separates, nothing behind one begins a formula either.
          assert.notMatch(cell, /;['"\s]*[=+\-@]/)
        }
      }
      const ids = new Set(records.map(([id]) => imported(id ?? "").replaceAll("\\u003b", ";")))
      assert.deepStrictEqual(ids, new Set(given.rows.map((row) => visible(row.checkpoint).replaceAll("\\u003b", ";"))))
    }
  )

  const small = matrix(
    [
      {
        checkpoint: "ft:a,b",
        access: [
          ["proj_a", day(0)],
          ["=cmd|' /C calc'!A0", day(1)],
          ["=cmd|' /C calc'!A0", day(2)]
        ]
      },
      { checkpoint: "ft:c", unknown: 'it "failed"', owner: "'quoted'" },
      { checkpoint: "ft:d" }
    ],
    { names: { proj_a: "@sum" } }
  )

  it("a column for each project", () => {
    assert.strictEqual(
      AccessMatrix.toCsv(small),
      [
        "checkpoint,read_at,complete,reason,''quoted',proj_a @sum,'=cmd|' /C calc'!A0",
        '"ft:a,b",2026-08-01T12:00:00Z,yes,,no permission,2024-07-23T20:01:07Z,2024-07-24T20:01:07Z',
        'ft:c,2026-08-01T12:00:00Z,no,"it ""failed""",owner,unknown,unknown',
        "ft:d,2026-08-01T12:00:00Z,yes,,no permission,no permission,no permission",
        ""
      ].join("\r\n")
    )
  })

  it("a line for each project", () => {
    assert.deepStrictEqual(
      parsed(AccessMatrix.toCsv(small, { form: "list" })).map((record) => record.join(" | ")),
      [
        "checkpoint | project | name | access | since | permissions | read_at | reason",
        "ft:a,b | proj_a | '@sum | yes | 2024-07-23T20:01:07Z | 1 | 2026-08-01T12:00:00Z | ",
        "ft:a,b | '=cmd|' /C calc'!A0 |  | yes | 2024-07-24T20:01:07Z | 2 | 2026-08-01T12:00:00Z | ",
        "ft:c | ''quoted' |  | owner |  |  | 2026-08-01T12:00:00Z | ",
        'ft:c |  |  | unknown |  |  | 2026-08-01T12:00:00Z | it "failed"',
        "ft:d |  |  | no permission |  |  | 2026-08-01T12:00:00Z | "
      ]
    )
  })
})
