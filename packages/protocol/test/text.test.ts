import fc from "fast-check"
import { assert, describe, it } from "vitest"
import { shown } from "../src/internal/input.ts"
import { fenced, graphemes, invisible, printable, singleLine, visible, visibleJson } from "../src/text.ts"
import { revoked } from "./support/hostile.ts"

/** Any code units, those that act or hide above all. */
const untrusted = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 4 }),
      fc.constantFrom(
        ...["\u001b[31m", "\u009b1m", "\r\n", "\n::add-mask::x", "##[group]", "\u3164", "\uffa0", "\u115f", "\u1160"],
        ...["\u2800", "\u00ad", "\ufe0f", "\ud83d", "\udc68\u200d", "\u{e0041}", "\u{e0100}", "\u202e", "\u3000"],
        ...["\u00a0", "\ue000", "\ufffe", "e\u0301", "\u{1f1e9}\u{1f1ea}", "1\ufe0f\u20e3", " ", " :: ", "\\", '"']
      )
    ),
    { maxLength: 12 }
  )
  .map((parts) => parts.join(""))

/** The characters of a readable text: letters, marks, numbers, punctuation, symbols, two spaces. */
const seen = /^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Cn} \u3000]*$/u

describe("an invisible character", () => {
  it.each(["\u{13441}", "\u{13442}", "\u{16fe4}", "\u2800", "\u{1d159}"])(
    "includes %j, which Unicode counts as visible",
    (text) => {
      assert.match(visible(`a${text}b`), /^a\\u(?:[0-9a-f]{4}|\{[0-9a-f]{5,6}\})b$/)
    }
  )

  it("differs from visible characters, over all of Unicode", () => {
    for (let from = 0; from <= 0x10ffff; from += 0x800) {
      // Surrogates would pair with one another.
      if (from === 0xd800) continue
      const block = Array.from({ length: 0x800 }, (_, at) => String.fromCodePoint(from + at)).join("")
      const kept = block.replace(invisible, "")
      assert.match(kept, seen, `from U+${from.toString(16)}`)
      assert.notMatch(kept, /\p{DI}|\u2800/u, `from U+${from.toString(16)}`)
      const spelt = block.match(invisible)?.join("") ?? ""
      const marked = spelt.replace(/[\p{DI}\u2800\u{13441}\u{13442}\u{16fe4}\u{1d159}]/gu, "")
      assert.notMatch(marked, /[\p{L}\p{N}\p{P}\p{S}\p{M}]/u, `from U+${from.toString(16)}`)
    }
  })

  it("keeps the rest", () => {
    const text = "Café 中文\u3000한국어 e\u0301 \u{1f600} \u{1f1e9}\u{1f1ea} \u{1f44d}\u{1f3fd} ✓ – “a”"
    assert.strictEqual(visible(text), text)
  })

  it("is escaped once", () => {
    fc.assert(
      fc.property(untrusted, (text) => {
        assert.match(visible(text), seen)
        assert.strictEqual(visible(visible(text)), visible(text))
        assert.strictEqual(visible(text).replace(invisible, "x"), visible(text))
      })
    )
  })
})

describe("a text for a log", () => {
  it.each([
    ["::add-mask::x", "\\u003a:add-mask::x"],
    ["  ::error::x", "  \\u003a:error::x"],
    ["a::b", "a::b"],
    ["##[group]a", "\\u0023#[group]a"],
    ["a ###[x]", "a #\\u0023#[x]"],
    ["##\u200b[x]", "##\\u200b[x]"]
  ])("%j is %j", (text, shown) => {
    assert.strictEqual(printable(text), shown)
  })

  it("has no command, and is escaped once", () => {
    fc.assert(
      fc.property(untrusted, (text) => {
        const shown = printable(text)
        assert.match(shown, seen)
        assert.notMatch(shown, /^\s*::|##\[/)
        assert.strictEqual(printable(shown), shown)
      })
    )
  })
})

describe("JSON that may be shown", () => {
  it("reads back as the same value, with nothing hidden in it", () => {
    fc.assert(
      fc.property(
        fc.dictionary(untrusted, fc.oneof(untrusted, fc.array(untrusted))),
        fc.constantFrom(0, 2),
        (value, indent) => {
          const text = visibleJson(JSON.stringify(value, null, indent))
          assert.deepStrictEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)))
          assert.notInclude(text, "##[")
          for (const line of text.split("\n")) {
            assert.match(line, seen)
            assert.notMatch(line, /^\s*::/)
          }
          assert.strictEqual(visibleJson(text), text)
        }
      )
    )
  })
})

it("graphemes are the characters that readers see", () => {
  const family = "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}"
  for (const one of ["e\u0301", "\u{1f1e9}\u{1f1ea}", "1\ufe0f\u20e3", family, "\r\n", "각"]) {
    assert.deepStrictEqual(graphemes(`a${one}b`), ["a", one, "b"])
  }
  assert.deepStrictEqual(graphemes("abc"), ["a", "b", "c"])
  assert.deepStrictEqual(graphemes(""), [])
})

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
    assert.strictEqual(singleLine(text, 40), line)
  })

  const [smile, flag] = ["\u{1f600}", "\u{1f1e9}\u{1f1ea}"]
  it.each<readonly [text: string, max: number | undefined, line: string]>([
    ["a".repeat(10), 10, "a".repeat(10)],
    ["a".repeat(11), 10, `${"a".repeat(9)}…`],
    ["a".repeat(21), 10, `${"a".repeat(9)}…`],
    [`a${" ".repeat(38)}b`, 10, "a b"],
    // Not all of the white space was looked at.
    [`a${" ".repeat(40)}b`, 10, "a…"],
    ["a".repeat(1000), undefined, "a".repeat(1000)],
    [`${" ".repeat(30)}b`, 10, "b"],
    [smile.repeat(10), 10, `${smile.repeat(4)}…`],
    [`a${smile.repeat(10)}`, 10, `a${smile.repeat(4)}…`],
    [flag.repeat(3), 10, `${flag.repeat(2)}…`],
    [flag.repeat(3), 8, `${flag}…`],
    ["abcde\u0301f", 6, "abcd…"],
    // An escape is not cut either.
    ["abc\u001bdef", 7, "abc…"]
  ])("%j is cut between characters at %s", (text, max, line) => {
    assert.strictEqual(singleLine(text, max), line)
  })

  it("is short and clean, whatever it is", () => {
    fc.assert(
      fc.property(untrusted, fc.integer({ min: 1, max: 50 }), (text, max) => {
        const line = singleLine(text, max)
        assert.isAtMost(line.length, max)
        assert.match(line, seen)
        assert.strictEqual(singleLine(line, max), line)
        if (!text.includes("…") && line.endsWith("…")) {
          const collapsed = text.trim().replace(/\s+/g, " ")
          const prefixes = graphemes(collapsed).map((_, at, all) => visible(all.slice(0, at).join("")))
          assert.include(prefixes, line.slice(0, -1))
        } else if (line !== "") assert.strictEqual(line, singleLine(text))
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
    assert.strictEqual(shown(revoked()), "an object")
  })
})

it("a block of Markdown is not closed by what is in it", () => {
  assert.strictEqual(fenced("a", "diff"), "```diff\na\n```")
  assert.strictEqual(fenced("a ```` b ```\n`````", ""), "``````\na ```` b ```\n`````\n``````")
})
