import type { AccessMatrix } from "@checkpoint-permissions/access"
import { CheckpointId, PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Either, FastCheck as fc } from "effect"
import { isUsable, type Question, rowsOf, toLine, wholeLines } from "../src/internal/resume/resume.ts"

const asked: Question = { apiUrl: "https://api.openai.com/v1", organization: undefined }

const row = (checkpoint: string, at: number, project = "proj_a"): AccessMatrix.Row => ({
  checkpoint: CheckpointId.make(checkpoint),
  readFrom: DateTime.unsafeMake(at),
  readAt: DateTime.unsafeMake(at + 50),
  complete: true,
  permissions: [{ id: PermissionId.make("cp_1"), project_id: ProjectId.make(project), created_at: 1 }]
})

/** Ids of a server may hold anything, such as what would end a line. */
const rows = fc.array(
  fc
    .tuple(
      fc.constantFrom("ft:a", "ft:b", "ft:\u2028c", "ft:d\\n", 'ft:"e'),
      fc.nat(),
      fc.constantFrom("proj_a", "proj_ü", "proj_}{\u2028z", "proj_\u202e")
    )
    .map(([checkpoint, at, project]) => row(checkpoint, at, project))
)

const read = (text: string, question = asked) =>
  Either.map(rowsOf("rows", text, question), (found) => [...found.values()])

const lastOf = (all: ReadonlyArray<AccessMatrix.Row>) => [...new Map(all.map((one) => [one.checkpoint, one])).values()]

const linesOf = (all: ReadonlyArray<AccessMatrix.Row>) => all.map((one) => toLine(asked, one)).join("")

describe("a file of rows", () => {
  it("holds the last row of each checkpoint, each on a line that hides nothing", () => {
    fc.assert(
      fc.property(rows, (all) => {
        const text = linesOf(all)
        assert.deepStrictEqual(read(text), Either.right(lastOf(all)))
        assert.match(text, /^([\x20-\x7e\u00fc]+\n)*$/)
      })
    )
  })

  it("loses a last line that was cut anywhere, and no other", () => {
    const encoder = new TextEncoder()
    fc.assert(
      fc.property(rows, fc.double({ min: 0, max: 1, noNaN: true }), (all, at) => {
        const whole = encoder.encode(linesOf(all))
        const last = encoder.encode(toLine(asked, row("ft:ü", 1, "proj_ü")))
        const cut = last.subarray(0, Math.floor(at * (last.length - 1)))
        assert.deepStrictEqual(wholeLines(Uint8Array.from([...whole, ...cut])), whole)
      })
    )
  })

  it("that is something else is not taken for one whose last line was cut", () => {
    for (const text of ["ft:a", "{", '{"format":"checkpoint-permissions/matrix"', '[]\n{"a":1}']) {
      const bytes = new TextEncoder().encode(text)
      if (text !== "{") assert.deepStrictEqual(wholeLines(bytes), bytes)
    }
  })

  it.each([
    ["ft:a\n", /^rows, line 1 is no row \(.+\): take it out, or pass another file$/],
    ["{}\n", /^rows, line 1 is no row/],
    [`${toLine(asked, row("ft:a", 1))}\n[1]\n`, /^rows, line 3 is no row/],
    [toLine(asked, row("ft:a", 1)).replace('"version":1', '"version":2'), /^rows, line 1 is no row/],
    [toLine(asked, row("ft:a", 1)).replace('"created_at":1', '"created_at":"x"'), /^rows, line 1 is no row/],
    [toLine(asked, row("ft:a", 1)).replace('"row":{', '"row":{"more":1,'), /^rows, line 1 is no row/],
    [
      toLine({ ...asked, apiUrl: "https://eu.api.openai.com/v1" }, row("ft:a", 1)),
      /^rows, line 1 is of https:\/\/eu\./
    ],
    [
      toLine({ ...asked, organization: "org-b" }, row("ft:a", 1)),
      /^rows, line 1 is of .*, organization org-b, all projects, and this run is of .*, no named organization, all projects: pass another file$/
    ],
    [
      `${toLine(asked, row("ft:a", 1))}${toLine({ ...asked, project: ProjectId.make("proj_a") }, row("ft:a", 1))}`,
      /^rows, line 2 is of .*, project proj_a alone, and this run is of .*, all projects: pass another file$/
    ]
  ])("that is %j is refused by its line", (text, message) => {
    const found = read(text)
    assert.match(Either.isLeft(found) ? found.left.message : "", message)
  })
})

describe("a row", () => {
  it("is used until it is too old, by the time when its reading began, and not if it is of the future", () => {
    fc.assert(
      fc.property(fc.nat(100), fc.nat(100), fc.nat(100), (begun, at, limit) => {
        const usable = isUsable(row("ft:a", begun), DateTime.unsafeMake(at), Duration.millis(limit))
        assert.strictEqual(usable, begun <= at && at - begun < limit)
      })
    )
  })

  it("is never used if it is not complete", () => {
    const part: AccessMatrix.Row = { ...row("ft:a", 1), complete: false, reason: "stopped" }
    assert.isFalse(isUsable(part, DateTime.unsafeMake(2), Duration.hours(1)))
  })
})
