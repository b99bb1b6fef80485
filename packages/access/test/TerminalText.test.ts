import { TerminalText } from "@checkpoint-permissions/access"
import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as hostile from "./support/hostile.ts"

const { fold, oneLine, pad, printable, truncate, visible, visibleJson, width, wrap } = TerminalText

const family = "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466}"

describe("columns", () => {
  it.each([
    ["ASCII", "abc", 3],
    ["nothing", "", 0],
    ["Latin", "Café", 4],
    ["combining marks", "e\u0301\u0323", 1],
    ["a mark alone", "\u0301", 0],
    ["ideographs", "中文", 4],
    ["kana, half width", "ｶﾞ", 2],
    ["full width forms", "ＡＢ", 4],
    ["the ideographic space", "\u3000", 2],
    ["Hangul", "한", 2],
    ["Hangul by its parts", "\u1112\u1161\u11ab", 2],
    ["a face", "\u{1f600}", 2],
    ["a flag", "\u{1f1e9}\u{1f1ea}", 2],
    ["two flags", "\u{1f1e9}\u{1f1ea}\u{1f1eb}\u{1f1f7}", 4],
    ["a flag by tags", "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}", 2],
    ["a keycap", "1\ufe0f\u20e3", 2],
    ["a heart as an emoji", "\u2764\ufe0f", 2],
    ["a heart as text", "\u2764", 1],
    ["a family", family, 2],
    ["a modifier", "\u{1f44d}\u{1f3fd}", 2],
    ["a profession", "\u{1f469}\u{1f3fd}\u200d\u{1f4bb}", 2],
    ["controls", "\u0000\u001f\u200b", 0],
    ["colours", "\u001b[1;31mred\u001b[0m", 3],
    ["our own marks", "•…–✓", 4]
  ])("of %s", (_, text, columns) => {
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

describe("whatever the text", () => {
  it.prop(
    "folded, it is the same text in graphemes, in lines that fit",
    { text: untrusted, columns },
    ({ columns, text }) => {
      const lines = fold(text, columns)
      assert.strictEqual(lines.join(""), text)
      assert.deepStrictEqual(lines.flatMap(graphemesOf), graphemesOf(text))
      for (const line of lines) {
        assert.isAtMost(width(line), Math.max(columns, widest(line)))
        if (width(line) > columns) assert.strictEqual(graphemesOf(line).filter((one) => width(one) > 0).length, 1)
      }
    }
  )

  it.prop("wrapped, it is the same words, in lines that fit", { text: untrusted, columns }, ({ columns, text }) => {
    const lines = wrap(printable(text), columns)
    assert.strictEqual(lines.join("").replaceAll(" ", ""), printable(text).replaceAll(" ", ""))
    for (const line of lines) assert.isAtMost(width(line), Math.max(columns, widest(line)))
  })

  it.prop("truncated, it fits and begins as before", { text: untrusted, columns }, ({ columns, text }) => {
    const short = truncate(text, columns)
    assert.isAtMost(width(short), columns)
    assert.strictEqual(truncate(short, columns), short)
    if (short !== text) {
      assert.isTrue(short.endsWith("…"))
      const kept = graphemesOf(short.slice(0, -1))
      assert.deepStrictEqual(graphemesOf(text).slice(0, kept.length), kept)
    } else assert.isAtMost(width(text), columns)
  })

  it.prop("padded, it has the columns and its text", { text: untrusted, columns }, ({ columns, text }) => {
    const shown = printable(text)
    const wanted = Math.max(columns, width(shown))
    const padded = pad(shown, columns)
    assert.strictEqual(width(padded), wanted)
    assert.strictEqual(padded.slice(0, shown.length), shown)
    assert.strictEqual(pad(pad(shown, columns), columns), pad(shown, columns))
  })

  it.prop("made safe, nothing in it acts or hides, and that once", { text: untrusted }, ({ text }) => {
    for (const safe of [visible, printable, oneLine]) {
      assert.notMatch(safe(text), hostile.unprintable)
      assert.strictEqual(safe(safe(text)), safe(text))
    }
    for (const shown of [printable(text), oneLine(text)]) assert.notMatch(shown, /^\s*::|##\[/)
    assert.notMatch(oneLine(text), /^\s|\s$|\s\s/)
    assert.strictEqual(JSON.parse(visibleJson(JSON.stringify({ text }))).text, text)
    assert.notMatch(visibleJson(JSON.stringify({ text })), hostile.unprintable)
  })

  it.prop("cut after it was made safe, it is still safe", { text: untrusted, columns }, ({ columns, text }) => {
    const shown = oneLine(text)
    for (const part of [...fold(shown, columns), ...wrap(shown, columns), truncate(shown, columns)]) {
      assert.notMatch(part, hostile.unprintable)
      assert.notInclude(part, "##[")
    }
  })
})

it("a word that is longer than a line is folded, others are not", () => {
  assert.deepStrictEqual(wrap("a bc defghij k", 4), ["a bc", "defg", "hij", "k"])
  assert.deepStrictEqual(wrap("", 4), [""])
  assert.deepStrictEqual(fold("", 4), [""])
  assert.deepStrictEqual(fold("中文字", 4), ["中文", "字"])
  assert.deepStrictEqual(fold("中文", 1), ["中", "文"])
  assert.deepStrictEqual(
    ["abc", "abcd", "中文字"].map((text) => truncate(text, 3)),
    ["abc", "ab…", "中…"]
  )
  assert.strictEqual(truncate("abc", 0), "")
})
