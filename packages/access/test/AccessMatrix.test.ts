import { AccessMatrix, AccessPolicy } from "@checkpoint-permissions/access"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, DateTime, Effect, FastCheck as fc } from "effect"
import { scoped as test } from "../../core/test/effects.ts"
import { Row } from "../src/internal/audit/matrix.ts"
import { checkpoint, day, held, matrix, project } from "./support/audit.ts"
import * as hostile from "./support/hostile.ts"

const four = matrix(
  [
    { checkpoint: "ft:weather", access: held("proj_a 0", "proj_b 40", "proj_b 41"), owner: "proj_own" },
    { checkpoint: "ft:legal", access: held("proj_a 3"), unknown: "the server failed" },
    { checkpoint: "ft:old" },
    { checkpoint: "ft:new", unknown: "not read: stopped" }
  ],
  { names: { proj_a: "Search quality", proj_own: "  " }, projects: [project("proj_z")] }
)

describe("a matrix", () => {
  it("returns each cell", () => {
    const tags = four.rows.map((row) =>
      AccessMatrix.projects(four).map((id) => AccessMatrix.cell(four, row.checkpoint, id)._tag)
    )
    assert.deepStrictEqual([...AccessMatrix.projects(four)], ["proj_b", "proj_own", "proj_z", "proj_a"])
    assert.deepStrictEqual(tags, [
      ["Access", "Owner", "None", "Access"],
      ["Unknown", "Unknown", "Unknown", "Access"],
      ["NoPermission", "NoPermission", "NoPermission", "NoPermission"],
      ["Unknown", "Unknown", "Unknown", "Unknown"]
    ])
    assert.deepStrictEqual(AccessMatrix.cell(four, checkpoint("ft:weather"), project("proj_b")), {
      _tag: "Access",
      since: DateTime.unsafeMake(day(40) * 1000),
      permissions: 2
    })
  })

  it("sorts columns by number and name, whatever the order of the rows", () => {
    const numbered = matrix([
      { checkpoint: "ft:a", access: [10, 9, 100, 1].map((n) => [`proj_${n}`, day(n)] as const) }
    ])
    assert.deepStrictEqual([...AccessMatrix.projects(numbered)], ["proj_1", "proj_9", "proj_10", "proj_100"])
    const turned = { ...four, rows: [...four.rows].reverse() }
    assert.deepStrictEqual([...AccessMatrix.projects(turned)], [...AccessMatrix.projects(four)])
  })

  it("counts cells, checkpoints, permissions and duplicates", () => {
    assert.deepStrictEqual(AccessMatrix.counts(four), {
      checkpoints: 4,
      complete: 2,
      incomplete: 2,
      ownerUnknown: 3,
      projects: 4,
      permissions: 4,
      duplicates: 1,
      cells: { access: 3, owner: 1, none: 1, noPermission: 4, unknown: 7 }
    })
  })
})

describe("a matrix as JSON", () => {
  it.effect.prop(
    "is parsed unchanged, without hidden characters and with a line for each row",
    {
      rows: fc.uniqueArray(Arbitrary.make(Row), { selector: (row) => row.checkpoint, maxLength: 6 }),
      names: fc.dictionary(hostile.text, hostile.text),
      reason: hostile.text,
      organization: hostile.text
    },
    ({ names, organization, reason, rows }) =>
      Effect.gen(function* () {
        const value = {
          ...matrix([], { names: Object.fromEntries([...Object.entries(names), ["__proto__", "x"]]), organization }),
          rows: rows.map((row) => (row.complete ? row : { ...row, reason }))
        }
        const text = AccessMatrix.toJson(value)
        assert.deepStrictEqual(yield* AccessMatrix.fromJson(text), value)
        assert.notMatch(text.replaceAll("\n", ""), hostile.unprintable)
        assert.strictEqual(text.match(/^ {4}\{/gm)?.length ?? 0, rows.length)
        const later = value.rows.map((row) => ({ ...row, readAt: DateTime.unsafeMake(0) }))
        const access = (json: string) => json.slice(0, json.indexOf('\n  "times": {'))
        assert.strictEqual(access(AccessMatrix.toJson({ ...value, rows: later })), access(text))
      }),
    { fastCheck: { numRuns: 60 } }
  )

  test("writes an unknown owner as null, and reads a file without owners", function* () {
    const text = AccessMatrix.toJson(four)
    assert.strictEqual(text.match(/"owner":null/g)?.length, 3)
    const earlier = text.replaceAll('"owner":null,', "")
    assert.notInclude(earlier, "null")
    assert.deepStrictEqual(yield* AccessMatrix.fromJson(earlier), four)
  })

  test("refuses another document in one line", function* () {
    const texts = [
      "",
      "{",
      "[]",
      JSON.stringify({ format: "checkpoint-permissions/plan" }),
      AccessMatrix.toJson(four).replaceAll("ft:new", "ft:old"),
      AccessMatrix.toJson(four).replace('"complete":true', '"complete":true,"reason":"x"'),
      AccessMatrix.toJson(four).replace(',"reason":"the server failed"', ""),
      AccessMatrix.toJson(four).replace('"ft:old": {', '"ft:older": {'),
      AccessMatrix.toJson(four).replace(/\n {4}"ft:old": .*/, "")
    ]
    for (const text of texts) {
      const error = yield* Effect.flip(AccessMatrix.fromJson(text))
      assert.strictEqual(error._tag, "InvalidMatrix")
      assert.notMatch(error.message, hostile.unprintable)
    }
  })
})

describe("a matrix as a policy", () => {
  test("lists the present access", function* () {
    const complete = matrix(
      [
        { checkpoint: "ft:weather", access: held("proj_b 1", "proj_a 0", "proj_b 2"), owner: "proj_own" },
        { checkpoint: "ft:old", access: held("proj_own 0"), owner: "proj_own" }
      ],
      { names: { proj_a: "Search" } }
    )
    const policy = yield* AccessMatrix.toPolicy(complete)
    assert.deepStrictEqual(policy, {
      version: 1,
      checkpoints: {
        "ft:weather": { owner: project("proj_own"), projects: ["proj_b", "proj_a"] },
        "ft:old": { owner: project("proj_own"), projects: [] }
      }
    })
    assert.deepStrictEqual(yield* AccessPolicy.parse(AccessPolicy.format(policy)), policy)
  })

  test("fails for an incomplete matrix", function* () {
    const error = yield* Effect.flip(AccessMatrix.toPolicy(four))
    assert.strictEqual(error._tag, "IncompleteMatrix")
    assert.deepStrictEqual(error._tag === "IncompleteMatrix" ? error.checkpoints : [], ["ft:legal", "ft:new"])
    assert.include(error.message, "the server failed")
  })
})
