import { visible } from "@checkpoint-permissions/protocol/text"
import { FastCheck as fc } from "effect"
import { assert, describe, it } from "vitest"
import { codePoints, idParts, minute, textParts } from "../src/model/text.ts"
import { createdAt } from "./support/data.ts"

/** Any code units, lone surrogates too. */
const binary = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 0x2100 })), { maxLength: 20 })
  .map((units) => String.fromCharCode(...units))

describe("untrusted text", () => {
  it("is shown whole, with nothing that acts or cannot be seen", () => {
    fc.assert(
      fc.property(binary, (text) => {
        const parts = idParts(text)
        assert.strictEqual(parts.map((part) => part.text).join(""), visible(text))
        assert.strictEqual(
          textParts(text)
            .map((part) => part.text)
            .join(""),
          visible(text)
        )
        assert.notMatch(visible(text), /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
        for (const { kind, text } of parts) if (kind === "plain") assert.match(text, /^[ -~]*$/)
      })
    )
  })

  it("marks a letter that only looks like one of ASCII", () => {
    assert.deepStrictEqual(idParts("pr\u043ej_a\u202e"), [
      { kind: "plain", text: "pr" },
      { kind: "foreign", text: "\u043e" },
      { kind: "plain", text: "j_a" },
      { kind: "escaped", text: "\\u202e" }
    ])
    assert.strictEqual(codePoints("pr\u043ej_\u{1f600}\u043e"), "U+043E, U+1F600")
    assert.strictEqual(codePoints("proj_a"), "")
  })

  it("names the day of a time that is of another day", () => {
    assert.strictEqual(minute(createdAt + 60, createdAt), "12:01")
    assert.strictEqual(minute(createdAt - 43_260, createdAt), "2026-07-31 23:59")
  })
})
