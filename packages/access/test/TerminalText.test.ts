import { printable, singleLine } from "@checkpoint-permissions/protocol/text"
import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { fold, pad, width, wrap } from "../src/internal/text/columns.ts"
import * as hostile from "./support/hostile.ts"

const family = "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466}"

describe("the width", () => {
  it.each([
    ["ASCII", "abc", 3],
    ["combining marks", "e\u0301\u0323", 1],
    ["ideographs", "中文", 4],
    ["two flags", "\u{1f1e9}\u{1f1ea}\u{1f1eb}\u{1f1f7}", 4],
    ["a family", family, 2],
    ["colours", "\u001b[1;31mred\u001b[0m", 3],
    ["our own marks", "•…–✓", 4]
  ])("of %s is counted in columns", (_, text, columns) => {
    assert.strictEqual(width(text), columns)
  })
})

/** Text of every width and every trick. */
const untrusted = fc
  .array(
    fc.oneof(
      hostile.text,
      fc.constantFrom(
        "中",
        "한",
        "e\u0301",
        "\u{1f1e9}\u{1f1ea}",
        "1\ufe0f\u20e3",
        "\u2764\ufe0f",
        family,
        "\u{1f44d}\u{1f3fd}",
        " "
      )
    ),
    { maxLength: 8 }
  )
  .map((parts) => parts.join(""))

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" })
const graphemesOf = (text: string) => Array.from(segmenter.segment(text), ({ segment }) => segment)

/** Of a grapheme that is wider than a line nothing better can be made. */
const widest = (text: string): number => Math.max(0, ...graphemesOf(text).map(width))

const columns = fc.integer({ min: 1, max: 30 })

describe("any text", () => {
  it.prop("is folded into lines that fit, between graphemes", { text: untrusted, columns }, ({ columns, text }) => {
    const lines = fold(text, columns)
    assert.strictEqual(lines.join(""), text)
    assert.deepStrictEqual(lines.flatMap(graphemesOf), graphemesOf(text))
    for (const line of lines) {
      assert.isAtMost(width(line), Math.max(columns, widest(line)))
      if (width(line) > columns) assert.strictEqual(graphemesOf(line).filter((one) => width(one) > 0).length, 1)
    }
  })

  it.prop("is wrapped into lines that fit, with the same words", { text: untrusted, columns }, ({ columns, text }) => {
    const lines = wrap(printable(text), columns)
    assert.strictEqual(lines.join("").replaceAll(" ", ""), printable(text).replaceAll(" ", ""))
    for (const line of lines) assert.isAtMost(width(line), Math.max(columns, widest(line)))
  })

  it.prop("is padded to a number of columns", { text: untrusted, columns }, ({ columns, text }) => {
    const shown = printable(text)
    const wanted = Math.max(columns, width(shown))
    const padded = pad(shown, columns)
    assert.strictEqual(width(padded), wanted)
    assert.strictEqual(padded.slice(0, shown.length), shown)
    assert.strictEqual(pad(pad(shown, columns), columns), pad(shown, columns))
  })

  it.prop("remains safe if it is cut after escaping", { text: untrusted, columns }, ({ columns, text }) => {
    const shown = printable(singleLine(text))
    for (const part of [...fold(shown, columns), ...wrap(shown, columns)]) {
      assert.notMatch(part, hostile.unprintable)
      assert.notInclude(part, "##[")
    }
  })
})

it("a word is folded only if it is longer than a line", () => {
  assert.deepStrictEqual(wrap("a bc defghij k", 4), ["a bc", "defg", "hij", "k"])
  assert.deepStrictEqual(wrap("", 4), [""])
  assert.deepStrictEqual(fold("", 4), [""])
  assert.deepStrictEqual(fold("中文字", 4), ["中文", "字"])
  assert.deepStrictEqual(fold("中文", 1), ["中", "文"])
})
