import type { AccessMatrix } from "@checkpoint-permissions/access"
import { CheckpointId, PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, FastCheck as fc } from "effect"

import { forgetLine, oldest, rowLine, rowsOf, usableRows, youngest } from "../src/internal/state/runFile.ts"

/** Ids of a server may hold anything, such as what would end a line. */
const name = fc.constantFrom("ft:a", "ft:b", "ft:\u2028c", "ft:d\\n", 'ft:"e')

const row = (checkpoint: string, at: number, project: string): AccessMatrix.Row => ({
  checkpoint: CheckpointId.make(checkpoint),
  readAt: DateTime.unsafeMake(at),
  complete: true,
  permissions: [{ id: PermissionId.make("cp_1"), project_id: ProjectId.make(project), created_at: 1 }]
})

type Record = { readonly row: AccessMatrix.Row } | { readonly forget: CheckpointId }

const record: fc.Arbitrary<Record> = fc.oneof(
  fc
    .tuple(name, fc.nat(), fc.constantFrom("proj_a", "proj_ü", "proj_}{\u2028z"))
    .map(([checkpoint, at, project]) => ({ row: row(checkpoint, at, project) })),
  name.map((checkpoint) => ({ forget: CheckpointId.make(checkpoint) }))
)

const lineOf = (one: Record): string => ("row" in one ? rowLine(one.row) : forgetLine(one.forget))

const expected = (records: ReadonlyArray<Record>): ReadonlyArray<AccessMatrix.Row> => {
  let rows: ReadonlyArray<AccessMatrix.Row> = []
  for (const one of records) {
    const checkpoint = "row" in one ? one.row.checkpoint : one.forget
    rows = [...rows.filter((before) => before.checkpoint !== checkpoint), ...("row" in one ? [one.row] : [])]
  }
  return rows
}

const byName = (rows: ReadonlyArray<AccessMatrix.Row>) =>
  [...rows].sort((a, b) => (a.checkpoint < b.checkpoint ? -1 : 1))

describe("a file of saved rows", () => {
  it("says the last of each checkpoint, but for what was forgotten", () => {
    fc.assert(
      fc.property(fc.array(record), (records) => {
        assert.deepStrictEqual(byName(rowsOf(records.map(lineOf).join(""))), byName(expected(records)))
      })
    )
  })

  it("loses a torn line, and none before or after it", () => {
    fc.assert(
      fc.property(
        fc.array(record),
        record,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.array(record),
        (a, torn, at, b) => {
          const bytes = new TextEncoder().encode(lineOf(torn))
          // The last byte ends the line, and without it the line is whole all the same.
          const cut = bytes.slice(0, Math.floor(at * (bytes.length - 2)))
          const text = a.map(lineOf).join("") + new TextDecoder().decode(cut) + b.map(lineOf).join("")
          assert.deepStrictEqual(byName(rowsOf(text)), byName(expected([...a, ...b])))
        }
      )
    )
  })

  it("is empty if it is something else", () => {
    for (const text of ["", "\n", "{}", '[1]\n{"row":{}}\n', "\0\0\0", '{"forget":1}']) {
      assert.deepStrictEqual(rowsOf(text), [])
    }
  })
})

describe("rows that can be used", () => {
  const rows = fc.array(fc.nat(100).map((at) => row(`ft:${at}`, at, "proj_a")))

  it("are all that were read before now, if the last is younger than the limit", () => {
    fc.assert(
      fc.property(rows, fc.nat(100), fc.integer({ min: 1, max: 100 }), (all, at, limit) => {
        const now = DateTime.unsafeMake(at)
        const past = all.filter(({ readAt }) => DateTime.toEpochMillis(readAt) <= at)
        const last = Math.max(...past.map(({ readAt }) => DateTime.toEpochMillis(readAt)))
        const used = usableRows(all, now, Duration.millis(limit))
        assert.deepStrictEqual(used, past.length > 0 && at - last < limit ? past : [])
      })
    )
  })

  it("have ages", () => {
    const now = DateTime.unsafeMake(100)
    const two = [row("ft:a", 30, "proj_a"), row("ft:b", 90, "proj_a")]
    assert.strictEqual(Duration.toMillis(youngest(two, now)), 10)
    assert.strictEqual(Duration.toMillis(oldest(two, now)), 70)
  })
})
