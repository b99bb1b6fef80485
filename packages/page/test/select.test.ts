import { FastCheck as fc } from "effect"
import { assert, describe, it } from "vitest"
import { duplicates, kindOf, make } from "../src/model/audit.ts"
import type { PageData } from "../src/model/data.ts"
import { filterInWords, select, tally } from "../src/model/select.ts"
import { ofCell, ofItem, read, readBetween, unknownOwners } from "../src/model/sentences.ts"
import { axes, initial, type State, shows, sorts } from "../src/model/state.ts"
import { data, day, small } from "./support/data.ts"

const audit = make(small)

const ids = (state: Partial<State>): readonly [ReadonlyArray<string>, ReadonlyArray<string>] => {
  const { columns, rows } = select(audit, { ...initial, ...state })
  return [rows.map(({ id }) => id), columns.map(({ id }) => id)]
}

describe("what is selected", () => {
  it("sorts rows by name, count, dates, reading and a column", () => {
    const order = (state: Partial<State>) => ids(state)[0].map((id) => id.slice(3))
    assert.deepStrictEqual(order({}), ["legal", "old", "weather-2", "weather-10"])
    assert.deepStrictEqual(order({ reverse: true }), ["weather-10", "weather-2", "old", "legal"])
    assert.deepStrictEqual(order({ sort: "count" }), ["weather-2", "legal", "weather-10", "old"])
    assert.deepStrictEqual(order({ sort: "newest" }), ["weather-10", "weather-2", "legal", "old"])
    assert.deepStrictEqual(order({ sort: "oldest" }), ["weather-2", "legal", "weather-10", "old"])
    assert.deepStrictEqual(order({ sort: "read" }), ["weather-10", "weather-2", "legal", "old"])
    // Access by its date, then the owner, doubt, and no access.
    assert.deepStrictEqual(order({ sort: "column", column: "proj_own" }), ["weather-2", "legal", "old", "weather-10"])
    assert.deepStrictEqual(order({ sort: "column", column: "proj_a" }), ["weather-2", "legal", "old", "weather-10"])
    assert.deepStrictEqual(order({ sort: "column", column: "gone" }), order({}))
  })

  it("exchanges rows and columns", () => {
    const [rows, columns] = ids({ rows: "projects" })
    assert.deepStrictEqual([columns, rows], [...ids({})])
  })

  it("shows what is unknown only, and a checkpoint that is unknown even without projects", () => {
    assert.deepStrictEqual(ids({ show: "unknown" }), [["ft:legal"], ["proj_own", "proj_b", "proj_c"]])
    assert.deepStrictEqual(ids({ show: "some" })[0], ["ft:legal", "ft:weather-2", "ft:weather-10"])
    assert.deepStrictEqual(ids({ show: "several" }), [["ft:weather-2"], ["proj_b"]])
    const alone = make(
      data(
        [],
        [
          { id: "ft:a", error: "x", permissions: [] },
          { id: "ft:b", permissions: [] }
        ]
      )
    )
    assert.deepStrictEqual(
      select(alone, { ...initial, show: "unknown" }).rows.map(({ id }) => id),
      ["ft:a"]
    )
  })

  it("finds any part of an id or a name, in any case, every word of it", () => {
    assert.deepStrictEqual(ids({ checkpoints: " WEATHER ft" })[0], ["ft:weather-2", "ft:weather-10"])
    assert.deepStrictEqual(ids({ projects: "quality" })[1], ["proj_a"])
    assert.deepStrictEqual(ids({ rows: "projects", projects: "own" })[0], ["proj_own"])
    assert.strictEqual(
      filterInWords({ ...initial, checkpoints: "a\u202e ", show: "unknown" }),
      "checkpoints with “a\\u202e”, only what is unknown"
    )
  })

  it("tells no access from what nobody knows, whatever is asked", () => {
    const audits: fc.Arbitrary<PageData> = fc.integer({ min: 0, max: 4 }).chain((projects) =>
      fc
        .array(
          fc.record(
            {
              permissions: fc.array(
                fc.tuple(fc.nat(Math.max(0, projects - 1)), fc.integer({ min: 0, max: 9 }), fc.constant("cp")),
                { maxLength: projects === 0 ? 0 : 5 }
              ),
              error: fc.constant("failed"),
              owner: fc.nat(Math.max(0, projects - 1))
            },
            { requiredKeys: ["permissions"] }
          ),
          { maxLength: 5 }
        )
        .map((checkpoints) =>
          data(
            Array.from({ length: projects }, (_, p) => [`proj_${p}`, ""] as const),
            checkpoints.map(({ owner, ...others }, c) => ({
              id: `ft:${c}`,
              ...others,
              ...(owner === undefined || projects === 0 ? {} : { owner })
            }))
          )
        )
    )
    const choices = fc.record({
      show: fc.constantFrom(...shows),
      rows: fc.constantFrom(...axes),
      sort: fc.constantFrom(...sorts),
      reverse: fc.boolean()
    })
    fc.assert(
      fc.property(audits, choices, (given, choice) => {
        const audit = make(given)
        const state = { ...initial, ...choice }
        const selection = select(audit, state)
        const count = tally(selection)
        assert.strictEqual(
          count.access + count.owner + count.none + count.unknown,
          selection.rows.length * selection.columns.length
        )
        for (const row of selection.rows) {
          for (const column of selection.columns) {
            const checkpoint = row.axis === "checkpoints" ? row : column
            const kind = kindOf(audit, row, column)
            assert.strictEqual(kindOf(audit, column, row), kind)
            if (checkpoint.error !== undefined) assert.notStrictEqual(kind, "none")
            else assert.notStrictEqual(kind, "unknown")
          }
        }
      })
    )
  })
})

describe("the sentences", () => {
  const [weather, legal, ten, old] = audit.checkpoints
  const [own, b, , a] = audit.projects
  if (!weather || !legal || !ten || !old || !own || !b || !a) throw new Error("the audit is another one")

  it("say since when, by what, and when it was read", () => {
    assert.strictEqual(
      ofCell(audit, weather, b),
      "access since 2024-09-01 20:01:07 UTC by 2 permissions (cp_1, cp_2), read 11:58 UTC"
    )
    assert.strictEqual(ofCell(audit, own, weather), "owns the model and always has access")
    assert.strictEqual(
      ofCell(audit, old, a),
      "no permission; the owner of the model is not known, and has access without one, read 12:00 UTC"
    )
    assert.strictEqual(ofCell(audit, legal, b), "unknown, not the same as no access: the server failed")
    assert.strictEqual(read(audit, ten), "read 2026-07-31 12:00 UTC")
    assert.strictEqual(readBetween(audit), "read 2026-07-31 12:00 to 2026-08-01 12:00 UTC")
  })

  it("say of how many checkpoints the owner is not known", () => {
    assert.strictEqual(
      unknownOwners(audit),
      "The owner of 3 checkpoints is not known, and has access without a permission."
    )
    const owned = make({ ...small, checkpoints: small.checkpoints.map((checkpoint) => ({ ...checkpoint, owner: 0 })) })
    assert.strictEqual(unknownOwners(owned), "")
    const [, , ten] = owned.checkpoints
    const [, b] = owned.projects
    assert.strictEqual(ten && b && ofCell(owned, ten, b), "no access, read 2026-07-31 12:00 UTC")
  })

  it("say how many at least", () => {
    assert.strictEqual(
      ofItem(audit, legal),
      "at least 1 project with a permission, read 2026-08-01 11:59:00 UTC, not read to the end: the server failed"
    )
    assert.strictEqual(ofItem(audit, b), "has a permission for 1 checkpoint, and 1 more are unknown")
    assert.strictEqual(duplicates(audit), 1)
    assert.strictEqual(weather.oldest, day(0))
  })
})
