import { graphemes, printable } from "@checkpoint-permissions/protocol/text"
import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { pad, truncate, width } from "../src/internal/terminal/columns.ts"

const family = "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}"
const untrusted = fc
  .array(fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("中", "e\u0301", "\u{1f1e9}\u{1f1ea}", family, " ")))
  .map((parts) => printable(parts.join("")))
const columns = fc.integer({ min: 1, max: 30 })

describe("the columns of a terminal", () => {
  it.prop("cuts between graphemes, and fits", { text: untrusted, columns }, ({ columns, text }) => {
    const short = truncate(text, columns)
    assert.isAtMost(width(short), columns)
    if (short === text) return
    assert.isTrue(short.endsWith("…"))
    const kept = graphemes(short.slice(0, -1))
    assert.deepStrictEqual(graphemes(text).slice(0, kept.length), kept)
  })

  it.each([
    ["abc", 3, "abc"],
    ["abcd", 3, "ab…"],
    ["中文字", 3, "中…"],
    ["abc", 0, ""]
  ])("cuts %s to %i columns", (text, most, expected) => {
    assert.strictEqual(truncate(text, most), expected)
    assert.strictEqual(pad(expected, most + 2).length, expected.length + most + 2 - width(expected))
  })
})
