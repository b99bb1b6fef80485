import { AccessDiff, AccessMatrix, AccessPart } from "@checkpoint-permissions/access"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, FastCheck as fc } from "effect"
import { checkpoint, day, type Given, matrix, project } from "./support/audit.ts"

type Matrix = AccessMatrix.AccessMatrix

const lists = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { maxLength: 20 })
const ways = fc.integer({ min: 1, max: 7 })

const shuffled = <A>(items: ReadonlyArray<A>) =>
  fc.tuple(...items.map(() => fc.nat())).map((keys) =>
    items
      .map((item, index) => [keys[index] ?? 0, index, item] as const)
      .sort((one, other) => one[0] - other[0] || one[1] - other[1])
      .map(([, , item]) => item)
  )

describe("parts", () => {
  it.prop("have each checkpoint once, and are of about the same size", { all: lists, of: ways }, ({ all, of }) => {
    const parts = Array.from({ length: of }, (_, index) => AccessPart.deal(all, { number: index + 1, of }))
    assert.deepStrictEqual(parts.flat().sort(), [...all].sort())
    const sizes = parts.map(({ length }) => length)
    assert.isAtMost(Math.max(...sizes) - Math.min(...sizes), 1)
    // In the order given.
    for (const part of parts)
      assert.deepStrictEqual(
        [...part],
        all.filter((id) => part.includes(id))
      )
  })

  it.prop(
    "are the same whatever the order, and however often one is given",
    { lists: lists.chain((all) => fc.tuple(fc.constant(all), shuffled([...all, ...all]))), of: ways, number: ways },
    ({ lists: [all, again], number, of }) => {
      const share = { number, of }
      assert.deepStrictEqual([...AccessPart.deal(again, share)].sort(), [...AccessPart.deal(all, share)].sort())
      assert.deepStrictEqual(AccessPart.of(again, share), AccessPart.of(all, share))
    }
  )

  it("say which they are", () => {
    const part = AccessPart.of(["ft:a", "ft:b", "ft:c"], { number: 2, of: 2 })
    assert.deepStrictEqual(part, { number: 2, of: 2, checkpoints: 3 })
    assert.strictEqual(AccessPart.label(part), "part 2/2 of 3 checkpoints")
    assert.strictEqual(AccessPart.label({ ...part, checkpoints: 1 }), "part 2/2 of 1 checkpoint")
    assert.deepStrictEqual(AccessPart.deal(["ft:a"], { number: 0, of: 2 }), [])
    assert.deepStrictEqual(AccessPart.deal(["ft:a"], { number: 3, of: 2 }), [])
  })
})

const given = (id: string, minutes = 0): Given => ({ checkpoint: id, access: [["proj_a", day(0)]], minutes })

/** The audits that so many jobs make of these checkpoints. */
const partsOf = (ids: ReadonlyArray<string>, of: number): ReadonlyArray<Matrix> =>
  Array.from({ length: of }, (_, index) => {
    const share = { number: index + 1, of }
    const part = AccessPart.deal(ids, share)
    return { ...matrix(part.map((id) => given(id))), part: AccessPart.of(ids, share) }
  })

const merged = (matrices: ReadonlyArray<Matrix>) => Effect.runSync(AccessMatrix.merge(matrices))
const refusal = (matrices: ReadonlyArray<Matrix>) => {
  const outcome = Effect.runSync(Effect.either(AccessMatrix.merge(matrices)))
  return outcome._tag === "Left" ? outcome.left : assert.fail("they were merged")
}

const nonEmpty = fc.uniqueArray(
  fc.constantFrom(..."abcdefghij").map((id) => `ft:${id}`),
  { minLength: 1 }
)

describe("audits of parts", () => {
  it.prop(
    "are the whole again together, in any order",
    { of: ways, lists: nonEmpty.chain((ids) => fc.tuple(fc.constant(ids), fc.infiniteStream(fc.nat()))) },
    ({ lists: [ids, random], of }) => {
      const parts = partsOf(ids, of)
      const turned = [...parts]
        .map((part) => ({ part, at: random.next().value }))
        .sort((one, other) => one.at - other.at)
        .map(({ part }) => part)
      const whole = merged(turned)
      assert.deepStrictEqual(whole, merged(parts))
      assert.isUndefined(whole.part)
      const audit = matrix(ids.map((id) => given(id)))
      const byId = (rows: Matrix["rows"]) =>
        [...rows].sort((one, other) => (one.checkpoint < other.checkpoint ? -1 : 1))
      assert.deepStrictEqual(byId(whole.rows), byId(audit.rows))
      const diff = Effect.runSync(AccessDiff.make(whole, audit))
      assert.isTrue(AccessDiff.isEmpty(diff) && !AccessDiff.hasUnknown(diff))
    }
  )

  it.prop(
    "are never the whole with one missing",
    { ids: nonEmpty, of: fc.integer({ min: 2, max: 7 }), left: fc.nat() },
    ({ ids, left, of }) => {
      const without = partsOf(ids, of).filter((_, index) => index !== left % of)
      const error = refusal(without)
      assert.strictEqual(error.reason, "missing")
      assert.deepStrictEqual([...error.missing], [(left % of) + 1])
      assert.match(error.message, new RegExp(`part ${(left % of) + 1} of ${of} is missing`))
    }
  )

  it.prop(
    "of two lists of checkpoints are refused, or are the whole of one list",
    { one: nonEmpty, other: nonEmpty, of: fc.integer({ min: 2, max: 3 }), from: fc.integer({ min: 1, max: 2 }) },
    ({ from, of, one, other }) => {
      const mixed = [...partsOf(one, of).slice(0, from), ...partsOf(other, of).slice(from)]
      const outcome = Effect.runSync(Effect.either(AccessMatrix.merge(mixed)))
      if (outcome._tag === "Left") {
        assert.strictEqual(outcome.left.reason, "parts")
        return
      }
      const ids = outcome.right.rows.map((row) => row.checkpoint)
      for (const [index, part] of mixed.entries()) {
        assert.deepStrictEqual(
          new Set(part.rows.map((row) => row.checkpoint)),
          new Set(AccessPart.deal(ids, { number: index + 1, of }))
        )
      }
      assert.strictEqual(ids.length, one.length)
    },
    { fastCheck: { numRuns: 300 } }
  )

  it("that do not fit together are refused", () => {
    const [first = assert.fail(), second = assert.fail()] = partsOf(["ft:a", "ft:b", "ft:c"], 2)
    const [, ofOthers = assert.fail()] = partsOf(["ft:c", "ft:d", "ft:e", "ft:f"], 2)
    const [ofFour = assert.fail()] = partsOf(["ft:a", "ft:b", "ft:x", "ft:y"], 2)
    const [, ofThree = assert.fail()] = partsOf(["ft:a", "ft:b", "ft:c"], 3)
    for (const [what, matrices] of Object.entries({
      "rows that are dealt otherwise": [ofFour, ofOthers],
      "a row that was left out": [{ ...first, rows: first.rows.slice(0, 1) }, second],
      "of two and of three": [first, ofThree]
    })) {
      assert.strictEqual(refusal(matrices).reason, "parts", what)
    }
  })

  it("that were read again count once, as they were read last", () => {
    const [first = assert.fail(), second = assert.fail()] = partsOf(["ft:a", "ft:b", "ft:c"], 2)
    const again = {
      ...first,
      rows: matrix([given("ft:a", 5), { checkpoint: "ft:c", minutes: 4, unknown: "stopped" }]).rows
    }
    for (const matrices of [
      [first, again, second],
      [again, second, first]
    ]) {
      const whole = merged(matrices)
      assert.deepStrictEqual(
        whole.rows.map(({ checkpoint, complete, readAt }) => [
          checkpoint,
          complete,
          DateTime.formatIso(readAt).slice(11, 16)
        ]),
        [
          ["ft:a", true, "12:05"],
          ["ft:c", false, "12:04"],
          ["ft:b", true, "12:00"]
        ]
      )
    }
  })

  it("are refused as a policy, which would be taken for that of all", () => {
    const [first = assert.fail(), second = assert.fail()] = partsOf(["ft:a", "ft:b", "ft:c"], 2)
    const error = Effect.runSync(Effect.flip(AccessMatrix.toPolicy(first)))
    assert.strictEqual(error._tag, "IncompleteMatrix")
    assert.strictEqual(error.message, "the audit is incomplete (it is part 1/2 of 3 checkpoints): merge all its parts")
    const policy = Effect.runSync(AccessMatrix.toPolicy(merged([first, second])))
    assert.deepStrictEqual(Object.keys(policy.checkpoints).sort(), ["ft:a", "ft:b", "ft:c"])
  })

  it("say so in text and on the page, and keep it in a file", () => {
    const [first = assert.fail()] = partsOf(["ft:a", "ft:b", "ft:c"], 2)
    assert.include(
      AccessMatrix.toTable(first),
      "2 checkpoints (part 1/2 of 3 checkpoints), 1 project: 2 with a permission; the owner of 2 checkpoints is not known, and has access without a permission\n"
    )
    assert.include(Effect.runSync(AccessMatrix.toHtml(first)), '"part":"part 1/2 of 3 checkpoints"')
    assert.deepStrictEqual(Effect.runSync(AccessMatrix.fromJson(AccessMatrix.toJson(first))), first)
  })
})

describe("audits of different checkpoints", () => {
  const one = { ...matrix([given("ft:a")], { names: { proj_a: "Old", proj_b: "B" } }), projects: [project("proj_z")] }
  const later = DateTime.unsafeMake("2026-08-02T12:00:00Z")
  const other: Matrix = { ...matrix([given("ft:b")], { names: { proj_a: "New" } }), createdAt: later }

  it("are one, as old as the oldest", () => {
    for (const matrices of [
      [one, other],
      [other, one]
    ]) {
      const both = merged(matrices)
      assert.deepStrictEqual(new Set(both.rows.map(({ checkpoint }) => checkpoint)), new Set(["ft:a", "ft:b"]))
      assert.deepStrictEqual(both.createdAt, one.createdAt)
      assert.deepStrictEqual(both.names, { proj_a: "New", proj_b: "B" })
      assert.deepStrictEqual(both.projects, [project("proj_z")])
      assert.strictEqual(AccessMatrix.cell(both, checkpoint("ft:a"), project("proj_z"))._tag, "NoPermission")
    }
    assert.deepStrictEqual(merged([one]), one)
  })

  it("are refused where they are of different servers, organizations or questions, or none", () => {
    const of = (changed: Partial<Matrix>) => refusal([one, { ...other, ...changed }])
    assert.strictEqual(of({ apiUrl: "https://fake.example/v1" }).reason, "server")
    assert.strictEqual(of({ organization: "org-1" }).reason, "organization")
    assert.include(of({ organization: "org-\u202e1" }).message, "org-\\u202e1")
    assert.strictEqual(of({ project: project("proj_a") }).reason, "project")
    assert.strictEqual(refusal([]).reason, "parts")
    assert.strictEqual(of({ part: { number: 1, of: 1, checkpoints: 1 } }).reason, "parts")
  })
})
