import { FastCheck as fc } from "effect"
import { assert, describe, it } from "vitest"
import { axes, choose, format, initial, parse, type State, shows, sortBy, sorts, views } from "../src/model/state.ts"

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
    reverse: fc.boolean(),
    dates: fc.constantFrom(undefined, true, false)
  })
  .map((state) => ({ ...state, column: state.sort === "column" ? state.column : "" }))

describe("the state in the URL", () => {
  it("is what it was when it is read again", () => {
    fc.assert(
      fc.property(states, (state) => {
        assert.deepStrictEqual(parse(format(state)), state)
        assert.deepStrictEqual(parse(`#${format(state)}`), state)
      })
    )
  })

  it("names what is not as it is at first, and nothing else", () => {
    assert.strictEqual(format(initial), "")
    assert.strictEqual(
      format({ ...initial, checkpoints: "a b&c", show: "unknown", dates: false }),
      "checkpoints=a+b%26c&show=unknown&dates=0"
    )
  })

  it("ignores what it does not know", () => {
    assert.deepStrictEqual(
      parse("show=constructor&view=table&rows=&sort=toString&order=name&dates=yes&reverse=2&x=y"),
      initial
    )
    fc.assert(
      fc.property(fc.string(), (fragment) => {
        const state = parse(fragment)
        assert.deepStrictEqual(parse(format(state)), state)
      })
    )
  })

  it("turns the order round when the same is asked for again, and ends the sort by a column that is none any more", () => {
    const once = sortBy(initial, "count")
    assert.deepStrictEqual([once.sort, once.reverse], ["count", false])
    assert.isTrue(sortBy(once, "count").reverse)
    const column = sortBy(initial, "column", "proj_a")
    assert.isFalse(sortBy(column, "column", "proj_b").reverse)
    assert.deepStrictEqual(choose(column, "rows", "projects"), { ...initial, rows: "projects" })
    assert.strictEqual(choose(once, "rows", "projects").sort, "count")
    assert.deepStrictEqual(choose(sortBy(once, "count"), "sort", "newest"), { ...initial, sort: "newest" })
    assert.deepStrictEqual(choose(column, "sort", "name"), initial)
    assert.deepStrictEqual(choose(initial, "dates", "0"), { ...initial, dates: false })
  })
})
