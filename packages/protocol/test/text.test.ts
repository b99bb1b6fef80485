import fc from "fast-check"
import { assert, describe, it } from "vitest"
import { nameOf, oneLine, shown } from "../src/internal/text.ts"

describe("untrusted text on one line", () => {
  it.each([
    ["", ""],
    ["  a  ", "a"],
    ["a\n\r\n b\tc", "a b c"],
    ["a\u001b[31mb", "a\\u001b[31mb"],
    ["a\u202eb\u200bc", "a\\u202eb\\u200bc"],
    ["a\u0085b", "a\\u0085b"],
    ["a\u{e0041}b", "a\\u{e0041}b"],
    ["a\ud800b", "a\\ud800b"],
    ["é\u{1f600}", "é\u{1f600}"]
  ])("%j is %j", (text, line) => {
    assert.strictEqual(oneLine(text, 40), line)
  })

  it("is cut where it is too long", () => {
    assert.strictEqual(oneLine("a".repeat(10), 10), "a".repeat(10))
    assert.strictEqual(oneLine("a".repeat(11), 10), `${"a".repeat(9)}…`)
    assert.strictEqual(oneLine("a".repeat(21), 10), `${"a".repeat(9)}…`)
    // White space made room, but not all of it was looked at.
    assert.strictEqual(oneLine(`a${" ".repeat(18)}b`, 10), "a b")
    assert.strictEqual(oneLine(`a${" ".repeat(20)}b`, 10), "a …")
    assert.strictEqual(oneLine(`${" ".repeat(30)}b`, 10), "b")
  })

  it("is cut between characters", () => {
    assert.strictEqual(oneLine("\u{1f600}".repeat(10), 10), `${"\u{1f600}".repeat(4)}…`)
    assert.strictEqual(oneLine(`a${"\u{1f600}".repeat(10)}`, 10), `a${"\u{1f600}".repeat(4)}…`)
  })

  it("is short and clean, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 50 }), (text, max) => {
        const line = oneLine(text, max)
        assert.isAtMost(line.length, max)
        assert.isFalse(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(line))
      })
    )
  })
})

describe("a value", () => {
  it.each<readonly [unknown, string]>([
    ["a", '"a"'],
    ['a"\n', '"a\\"\\n"'],
    ["a".repeat(100), `"${"a".repeat(78)}…`],
    ["sk-admin-1", '"sk-…"'],
    ["Bearer sk-admin-1 and sk-2", '"Bearer sk-… and sk-…"'],
    ["task-1", '"task-1"'],
    [7, "7"],
    [undefined, "undefined"],
    [null, "null"],
    [false, "false"],
    [7n, "7"],
    [Symbol("sk-admin-1"), "Symbol(sk-…"],
    [[1], "an array"],
    [{ a: 1 }, "an object"],
    [() => 1, "a function"],
    [class A {}, "a function"]
  ])("%# is shown as %s", (value, text) => {
    assert.strictEqual(shown(value), text)
  })

  it("that cannot be looked at is an object", () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    assert.strictEqual(shown(proxy), "an object")
  })

  it("never throws", () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true }), (value) => {
        assert.isAbove(shown(value).length, 0)
        assert.isAtMost(shown(value).length, 80)
      })
    )
  })
})

it("a name is shown as it is", () => {
  assert.strictEqual(nameOf("limt"), "limt")
  assert.strictEqual(nameOf(Symbol("a")), "Symbol(a)")
  assert.strictEqual(nameOf(7), "7")
  assert.strictEqual(nameOf("sk-admin-1"), "sk-…")
})
