import { AccessDiff, type AccessMatrix } from "@checkpoint-permissions/access"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, FastCheck as fc, Schema } from "effect"
import { width as columnsOfText } from "../src/internal/render/text.ts"
import { day, held, matrix, permission, project } from "./support/audit.ts"
import * as hostile from "./support/hostile.ts"

type Matrix = AccessMatrix.AccessMatrix

/** Returns audits of a few checkpoints, projects and permissions, so that two of them have much in common. */
const matrices = (
  checkpoints: ReadonlyArray<string>,
  projects: ReadonlyArray<string>,
  reasons: fc.Arbitrary<string> = fc.constant("the server failed")
): fc.Arbitrary<Matrix> =>
  fc
    .record({
      filter: fc.option(fc.constantFrom(...projects), { nil: undefined, freq: 5 }),
      rows: fc.uniqueArray(
        fc.record({
          checkpoint: fc.constantFrom(...checkpoints),
          owner: fc.option(fc.constantFrom(...projects), { nil: undefined }),
          unknown: fc.option(reasons, { nil: undefined }),
          held: fc.uniqueArray(fc.tuple(fc.constantFrom(...projects), fc.integer({ min: 0, max: 2 })), {
            selector: ([project, n]) => `${n} ${project}`,
            maxLength: 6
          })
        }),
        { selector: ({ checkpoint }) => checkpoint, maxLength: 4 }
      )
    })
    .map(({ filter, rows }) =>
      matrix(
        rows.map(({ checkpoint, held, owner, unknown }) => ({
          checkpoint,
          ...(owner === undefined ? {} : { owner }),
          ...(unknown === undefined ? {} : { unknown }),
          access: held
            .filter(([id]) => filter === undefined || id === filter)
            .map(([id, n]) => [id, day(n), `cp_${n}_${projects.indexOf(id)}`] as const)
        })),
        filter === undefined ? {} : { project: project(filter) }
      )
    )

const ids = ["ft:a", "ft:b", "ft:c", "ft:d"]
const projects = ["proj_a", "proj_b", "proj_c", "proj_d"]
const pair = { older: matrices(ids, projects), newer: matrices(ids, projects) }

const rowIn = (matrix: Matrix, checkpoint: string) => matrix.rows.find((row) => row.checkpoint === checkpoint)

/** Returns the access of a pair by an audit, computed independently. Ignores owners. */
const known = (matrix: Matrix, checkpoint: string, id: string): "access" | "none" | "unknown" => {
  const row = rowIn(matrix, checkpoint)
  if (row === undefined) return "unknown"
  if (row.permissions.some((permission) => permission.project_id === id)) return "access"
  if (matrix.project !== undefined && matrix.project !== id) return "unknown"
  return row.complete ? "none" : "unknown"
}

const permissionsIn = (matrix: Matrix, checkpoint: string, id: string) =>
  (rowIn(matrix, checkpoint)?.permissions ?? []).filter(({ project_id }) => project_id === id).map(({ id }) => id)

const made = (older: Matrix, newer: Matrix) => Effect.runSync(AccessDiff.make(older, newer))

describe("two audits", () => {
  it.prop(
    "contain each pair that is known to differ once, and nothing unknown as a difference",
    pair,
    ({ newer, older }) => {
      const diff = made(older, newer)
      for (const checkpoint of ids) {
        const at = diff.checkpoints.find((one) => one.checkpoint === checkpoint)
        const owners = [rowIn(older, checkpoint)?.owner, rowIn(newer, checkpoint)?.owner]
        const changed = owners[0] !== undefined && owners[1] !== undefined && owners[0] !== owners[1]
        assert.deepStrictEqual(at?.owner, changed ? { older: owners[0], newer: owners[1] } : undefined)
        for (const id of projects) {
          const kinds = (at?.changes ?? []).flatMap(({ kind, project }) => (project === id ? [kind] : []))
          const [before, after] = [known(older, checkpoint, id), known(newer, checkpoint, id)]
          const expected = () => {
            if (owners.some((owner) => owner === id)) return []
            if (before === "none" && after === "access") return ["granted"]
            if (before === "access" && after === "none") return ["revoked"]
            if ((before === "access") !== (after === "access")) return ["unknown"]
            const [had, has] = [permissionsIn(older, checkpoint, id), permissionsIn(newer, checkpoint, id)]
            const isNew = rowIn(older, checkpoint)?.complete === true && has.some((one) => !had.includes(one))
            const isGone = rowIn(newer, checkpoint)?.complete === true && had.some((one) => !has.includes(one))
            if (before !== "access" || !(isNew || isGone)) return []
            if (!has.some((one) => !had.includes(one))) return ["duplicate removed"]
            return had.some((one) => !has.includes(one)) ? ["replaced"] : ["duplicate added"]
          }
          assert.deepStrictEqual(kinds, expected(), `${checkpoint} ${id}: ${before}, ${after}`)
        }
      }
    }
  )

  it.prop("name the reason of what is unknown in one of them", pair, ({ newer, older }) => {
    const diff = made(older, newer)
    const union = ids.filter((id) => rowIn(older, id) !== undefined || rowIn(newer, id) !== undefined)
    assert.strictEqual(diff.compared, union.length)
    const asked = older.project !== undefined && older.project === newer.project ? [older.project] : projects
    let unknown = false
    for (const checkpoint of union) {
      const at = diff.checkpoints.find((one) => one.checkpoint === checkpoint)
      for (const [side, matrix] of [
        ["older", older],
        ["newer", newer]
      ] as const) {
        const row = rowIn(matrix, checkpoint)
        const everything =
          row !== undefined &&
          (asked === projects
            ? row.complete && matrix.project === undefined
            : asked.every((id) => row.owner === id || known(matrix, checkpoint, id) !== "unknown"))
        assert.strictEqual(at?.unknown[side] === undefined, everything, `${checkpoint} ${side}`)
        unknown ||= !everything
      }
    }
    assert.strictEqual(AccessDiff.hasUnknown(diff), unknown)
  })

  it.prop("have no difference if they are the same", { one: pair.older }, ({ one }) => {
    const diff = made(one, one)
    assert.isTrue(AccessDiff.isEmpty(diff))
    assert.isTrue(diff.checkpoints.every(({ changes }) => changes.length === 0))
    assert.match(AccessDiff.toText(diff), /^No (?:known )?difference/m)
  })

  it.effect("are refused if they are of different servers or organizations", () =>
    Effect.gen(function* () {
      const one = matrix([{ checkpoint: "ft:a" }])
      const refused = (other: Matrix) => Effect.flip(AccessDiff.make(one, other))
      const server = yield* refused({ ...one, apiUrl: "https://fake.example/v1\u001b[2J" })
      assert.strictEqual(server.reason, "server")
      assert.include(server.message, "https://fake.example/v1\\u001b[2J")
      const organization = yield* refused({ ...one, organization: "org-1" })
      assert.strictEqual(organization.reason, "organization")
      assert.include(organization.message, "no named organization")
    })
  )
})

const older = matrix(
  [
    { checkpoint: "ft:weather", access: held("proj_a 0", "proj_b 40", "proj_same 1"), owner: "proj_x" },
    { checkpoint: "ft:legal", access: held("proj_a 3") },
    { checkpoint: "ft:same", access: held("proj_a 3") },
    { checkpoint: "ft:gone", owner: "proj_a" }
  ],
  { names: { proj_a: "Search" } }
)

const newer: Matrix = {
  ...matrix(
    [
      { checkpoint: "ft:weather", access: held("proj_n 50", "proj_b 51", "proj_same 1"), owner: "proj_y" },
      { checkpoint: "ft:legal", unknown: "the server failed" },
      { checkpoint: "ft:same", access: held("proj_a 3") },
      { checkpoint: "ft:new", access: held("proj_a 3") }
    ],
    { names: { proj_n: "Bots" } }
  ),
  createdAt: DateTime.unsafeMake("2026-08-02T12:30:00Z")
}
const diff = made(older, {
  ...newer,
  rows: newer.rows.map((row) => ({
    ...row,
    permissions: row.permissions.map((one) => (one.project_id === "proj_b" ? { ...one, id: permission("cp_9") } : one))
  }))
})

describe("a comparison of two audits", () => {
  const lines = [
    "Audits of 2026-08-01 12:00 UTC and of 2026-08-02 12:30 UTC: https://api.openai.com/v1",
    "",
    "• ft:weather",
    "+ proj_n  Bots, since 2024-09-11",
    "~ proj_b: cp_9 replaced cp_1",
    "- proj_a  Search, had access since 2024-07-23",
    "~ owner proj_y (before: proj_x)",
    "",
    "? 1 checkpoint unknown in the second audit: the server failed",
    "| ft:legal",
    "",
    "? 1 checkpoint unknown in the first audit: not among the checkpoints of this audit",
    "| ft:new",
    "",
    "? 1 checkpoint unknown in the second audit: not among the checkpoints of this audit",
    "| ft:gone",
    ""
  ]
  const sentence =
    "1 of 5 checkpoints differs: 1 granted, 1 revoked, 1 replaced, 1 owner changed. 3 checkpoints wholly or partly unknown."

  it("is text", () => {
    assert.strictEqual(AccessDiff.toText(diff), [...lines, sentence, ""].join("\n"))
  })

  it("is Markdown with untrusted text in a fence", () => {
    assert.strictEqual(
      AccessDiff.toMarkdown(diff),
      [
        "### Access compared: 1 granted, 1 revoked, 1 replaced, 1 owner changed",
        "",
        "```diff",
        ...lines.slice(0, -1),
        "```",
        "",
        sentence,
        ""
      ].join("\n")
    )
  })

  it("is JSON that its schema reads", () => {
    const text = AccessDiff.toJson(diff)
    assert.deepStrictEqual(Schema.decodeSync(Schema.parseJson(AccessDiff.AccessDiff))(text), diff)
    const { hasUnknown, isEmpty } = JSON.parse(text)
    assert.deepStrictEqual({ hasUnknown, isEmpty }, { hasUnknown: true, isEmpty: false })
    assert.strictEqual(text.match(/^ {4}\{/gm)?.length, 4)
  })

  it("warns if the audits were passed in the wrong order", () => {
    assert.match(AccessDiff.toText(made(newer, older)), /^! The second audit is older than the first/m)
    assert.notMatch(AccessDiff.toText(diff), /^!/m)
  })

  it("counts unknown checkpoints, which are not a difference", () => {
    const half = made(older, { ...older, rows: older.rows.slice(0, 2) })
    assert.isTrue(AccessDiff.isEmpty(half))
    assert.isTrue(AccessDiff.hasUnknown(half))
    assert.include(
      AccessDiff.toText(half),
      "No known difference in 4 checkpoints. 2 checkpoints wholly or partly unknown."
    )
  })

  it("shows duplicates, and unknown access beside a known difference", () => {
    const one = matrix([{ checkpoint: "ft:a", access: held("proj_a 0", "proj_a 1", "proj_c 2") }])
    const other = matrix([{ checkpoint: "ft:a", access: held("proj_a 0") }])
    assert.include(AccessDiff.toText(made(one, other)), "~ proj_a: duplicate cp_1 removed\n")
    assert.include(AccessDiff.toText(made(other, one)), "~ proj_a: duplicate cp_1 added\n")
    const unread = matrix([{ checkpoint: "ft:a", access: held("proj_a 0", "proj_b 1"), unknown: "stopped" }])
    const text = AccessDiff.toText(made(one, unread))
    assert.include(text, "+ proj_b, since 2024-07-24\n")
    assert.include(text, "? proj_c: had access, unknown now\n")
    assert.include(text, "? unknown in the second audit: stopped\n")
  })

  it.prop(
    "has lines that fit, without characters that act, hide or are a command",
    {
      older: matrices(hostile.ids, hostile.ids, hostile.text),
      newer: matrices(hostile.ids, hostile.ids, hostile.text),
      names: fc.dictionary(fc.constantFrom(...hostile.ids), hostile.text),
      width: fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined })
    },
    ({ names, newer, older, width }) => {
      const diff = made({ ...older, names }, newer)
      const text = AccessDiff.toText(diff, { width })
      assert.strictEqual(AccessDiff.toText(diff, { width, color: true }).replace(/\p{Cc}\[[0-9;]*m/gu, ""), text)
      for (const line of text.slice(0, -1).split("\n")) {
        assert.notMatch(line, hostile.unprintable)
        assert.notMatch(line, /^\s*::|##\[/)
        if (width !== undefined) assert.isAtMost(columnsOfText(line), Math.max(24, width))
        if (width === undefined) assert.match(line, /^(?:[•+\-~?|!] |Audits |No |\d+ of |$)/)
      }
      const markdown = AccessDiff.toMarkdown(diff)
      const [, fence = ""] = /^(`{3,})diff$/m.exec(markdown) ?? []
      const [head = "", inside = "", after = "", ...rest] = markdown.split(new RegExp(`^${fence}(?:diff)?$`, "m"))
      assert.isEmpty(rest)
      assert.match(head, /^### Access compared: [a-z0-9 ,]+\n\n$/)
      assert.match(after, /^\n\n[A-Za-z0-9 ,.:]+\n$/)
      for (const line of inside.split("\n")) assert.notMatch(line, hostile.unprintable)
      assert.notMatch(AccessDiff.toJson(diff).replaceAll("\n", ""), hostile.unprintable)
      assert.deepStrictEqual(Schema.decodeSync(Schema.parseJson(AccessDiff.AccessDiff))(AccessDiff.toJson(diff)), diff)
    }
  )
})
