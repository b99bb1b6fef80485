import { visible } from "@checkpoint-permissions/protocol/text"
import { FastCheck as fc } from "effect"
import { assert, describe, it } from "vitest"
import { cellOf, make } from "../src/model/audit.ts"
import type { PageData } from "../src/model/data.ts"
import { select, tally } from "../src/model/select.ts"
import { axes, choose, format, initial, parse, type State, shows, sortBy, sorts, views } from "../src/model/state.ts"
import { codePoints, failure, ofCell, partsOf, readBetween, unknownOwners } from "../src/model/text.ts"
import { createdAt, data, day, small } from "./support/data.ts"

const audit = make(small)

const ids = (state: Partial<State>): readonly [ReadonlyArray<string>, ReadonlyArray<string>] => {
  const { columns, rows } = select(audit, { ...initial, ...state })
  return [rows.map(({ id }) => id), columns.map(({ id }) => id)]
}

describe("the selection of rows and columns", () => {
  it("sorts rows by name, count, dates, time of read and a column", () => {
    const order = (state: Partial<State>) => ids(state)[0].map((id) => id.slice(3))
    assert.deepStrictEqual(order({}), ["legal", "old", "weather-2", "weather-10"])
    assert.deepStrictEqual(order({ reverse: true }), ["weather-10", "weather-2", "old", "legal"])
    assert.deepStrictEqual(order({ sort: "count" }), ["weather-2", "legal", "weather-10", "old"])
    assert.deepStrictEqual(order({ sort: "newest" }), ["weather-10", "weather-2", "legal", "old"])
    assert.deepStrictEqual(order({ sort: "oldest" }), ["weather-2", "legal", "weather-10", "old"])
    assert.deepStrictEqual(order({ sort: "read" }), ["weather-10", "weather-2", "legal", "old"])
    // access by its date, then the owner, unknown cells, and no access
    assert.deepStrictEqual(order({ sort: "column", column: "proj_own" }), ["weather-2", "legal", "old", "weather-10"])
    assert.deepStrictEqual(order({ sort: "column", column: "proj_a" }), ["weather-2", "legal", "old", "weather-10"])
    assert.deepStrictEqual(order({ sort: "column", column: "gone" }), order({}))
  })

  it("filters by state, and keeps an unknown checkpoint even without projects", () => {
    assert.deepStrictEqual(ids({ rows: "projects" }), [ids({})[1], ids({})[0]])
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
    const { rows } = select(alone, { ...initial, show: "unknown" })
    assert.deepStrictEqual(
      rows.map(({ id }) => id),
      ["ft:a"]
    )
  })

  it("finds every word of a filter in an id or a name, in any case", () => {
    assert.deepStrictEqual(ids({ checkpoints: " WEATHER ft" })[0], ["ft:weather-2", "ft:weather-10"])
    assert.deepStrictEqual(ids({ projects: "quality" })[1], ["proj_a"])
    assert.deepStrictEqual(ids({ projects: "000" })[1], [])
    assert.deepStrictEqual(ids({ rows: "projects", projects: "own" })[0], ["proj_own"])
  })

  it("never shows unknown access as no access, in any selection", () => {
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
        const selection = select(make(given), { ...initial, ...choice })
        const { access, none, owner, unknown } = tally(selection)
        assert.strictEqual(access + owner + none + unknown, selection.rows.length * selection.columns.length)
        for (const row of selection.rows) {
          for (const column of selection.columns) {
            const checkpoint = row.axis === "checkpoints" ? row : column
            const { kind } = cellOf(row, column)
            assert.strictEqual(cellOf(column, row), cellOf(row, column))
            assert.notStrictEqual(kind, checkpoint.error === undefined ? "unknown" : "none")
          }
        }
      })
    )
  })
})

describe("the sentences of an audit", () => {
  const [weather, legal, , old] = audit.checkpoints
  const [own, b, , a] = audit.projects
  if (!weather || !legal || !old || !own || !b || !a) throw new Error("the audit is another one")

  it("describe a cell", () => {
    assert.strictEqual(
      ofCell(weather, b),
      "access since 2024-09-01 20:01:07 UTC by 2 permissions (cp_1, cp_2), read 2026-08-01 11:58 UTC"
    )
    assert.strictEqual(ofCell(own, weather), "owner of the model, always has access")
    assert.strictEqual(
      ofCell(old, a),
      "no permission (owner unknown, owners always have access), read 2026-08-01 12:00 UTC"
    )
    assert.strictEqual(ofCell(legal, b), "unknown, not the same as no access: the server failed")
  })

  it("count checkpoints with an unknown owner, and name the span of the reads", () => {
    assert.strictEqual(unknownOwners(audit), "3 checkpoints: owner unknown (owners always have access).")
    const owned = make({ ...small, checkpoints: small.checkpoints.map((checkpoint) => ({ ...checkpoint, owner: 0 })) })
    assert.strictEqual(unknownOwners(owned), "")
    const [, , ten] = owned.checkpoints
    assert.strictEqual(ten && ofCell(ten, b), "no access, read 2026-07-31 12:00 UTC")
    assert.strictEqual(readBetween(audit), "read 2026-07-31 12:00 to 2026-08-01 12:00 UTC")
  })

  it("name the reason of an unread checkpoint once", () => {
    const unread = (error: string) =>
      make(data([], [{ id: "ft:a", error, permissions: [] }])).checkpoints.map((one) => failure(one))[0]
    assert.strictEqual(unread("not read: stopped"), "not read: stopped")
    assert.strictEqual(unread("the server failed"), "not read: the server failed")
    assert.strictEqual(failure(legal), "not read to the end: the server failed")
    assert.strictEqual(
      readBetween(make(data([], [{ id: "ft:a", readAt: createdAt, error: "x", permissions: [] }]))),
      ""
    )
  })
})

describe("the state in the URL", () => {
  const text = fc
    .array(fc.constantFrom("a", " ", "&", "=", "#", "%", "+", "é", "\u{1f600}", "\u202e", "\0", "<"), { maxLength: 8 })
    .map((characters) => characters.join(""))
  const states: fc.Arbitrary<State> = fc
    .record({
      checkpoints: text,
      projects: text,
      show: fc.constantFrom(...shows),
      rows: fc.constantFrom(...axes),
      view: fc.constantFrom(undefined, ...views),
      sort: fc.constantFrom(...sorts),
      column: text,
      reverse: fc.boolean()
    })
    .map((state) => ({ ...state, column: state.sort === "column" ? state.column : "" }))

  it("is read back unchanged, and contains only what differs from the initial state", () => {
    fc.assert(fc.property(states, (state) => assert.deepStrictEqual(parse(`#${format(state)}`), state)))
    assert.strictEqual(format(initial), "")
    assert.strictEqual(
      format({ ...initial, checkpoints: "a b&c", show: "unknown", reverse: true }),
      "checkpoints=a+b%26c&show=unknown&reverse=true"
    )
  })

  it("ignores unknown parts", () => {
    assert.deepStrictEqual(parse("show=constructor&view=table&rows=&sort=toString&order=name&reverse=2&x=y"), initial)
    fc.assert(
      fc.property(fc.string(), (fragment) => {
        const state = parse(fragment)
        assert.deepStrictEqual(parse(format(state)), state)
      })
    )
  })

  it("reverses the order if the same sort is chosen again", () => {
    const once = sortBy(initial, "count", "")
    assert.deepStrictEqual([once.sort, once.reverse], ["count", false])
    assert.isTrue(sortBy(once, "count", "").reverse)
    const column = sortBy(initial, "column", "proj_a")
    assert.isFalse(sortBy(column, "column", "proj_b").reverse)
    assert.deepStrictEqual(choose(sortBy(once, "count", ""), "sort", "newest"), { ...initial, sort: "newest" })
    assert.deepStrictEqual(choose(column, "sort", "name"), initial)
  })
})

describe("untrusted text", () => {
  /** Any code units, including lone surrogates. */
  const binary = fc
    .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 0x2100 })), { maxLength: 20 })
    .map((units) => String.fromCharCode(...units))

  it("is shown whole, without characters that act or are invisible", () => {
    fc.assert(
      fc.property(binary, (text) => {
        for (const isId of [true, false]) {
          const parts = partsOf(text, isId)
          assert.strictEqual(parts.map((part) => part.text).join(""), visible(text))
          for (const { kind, text } of parts) if (isId && kind === "plain") assert.match(text, /^[ -~]*$/)
        }
      })
    )
  })

  it("marks letters of an id outside ASCII", () => {
    assert.deepStrictEqual(partsOf("pr\u043ej_a\u202e", true), [
      { kind: "plain", text: "pr" },
      { kind: "foreign", text: "\u043e" },
      { kind: "plain", text: "j_a" },
      { kind: "escaped", text: "\\u202e" }
    ])
    assert.strictEqual(codePoints("pr\u043ej_\u{1f600}\u043e"), "U+043E, U+1F600")
    assert.strictEqual(codePoints("proj_a"), "")
    assert.strictEqual(make(small).checkpoints[0]?.oldest, day(0))
  })
})
