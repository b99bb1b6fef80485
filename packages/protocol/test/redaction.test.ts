import { Buffer } from "node:buffer"
import fc from "fast-check"
import { assert, describe, it } from "vitest"
import { make } from "../src/redaction.ts"

/** The key as it is, escaped for a URL, and escaped for JSON. */
const forms = (key: string): ReadonlyArray<string> => {
  const each = (written: (hex: string) => string) =>
    Array.from(key, (c) => written(c.charCodeAt(0).toString(16).padStart(2, "0"))).join("")
  return [
    key,
    encodeURIComponent(key),
    encodeURIComponent(key).replace(/%../g, (code) => code.toLowerCase()),
    encodeURI(key),
    each((hex) => `%${hex}`),
    JSON.stringify(key).slice(1, -1),
    key.replaceAll("/", "\\/"),
    each((hex) => `\\u00${hex}`),
    each((hex) => `\\u00${hex.toUpperCase()}`)
  ]
}

const keys = [
  "sk-fake-T5vNq8Zx2Lw4Kd7Rm1Yb9Hc3Jf6Pg0Sa",
  "sk-admin-abcdefghijklmnopqrstuvwxyz0123456789",
  "k/+=&%\"'<>\\`{}|^~!$()*,;:@[]#?-admin"
]

describe.each(keys)("the key %j", (key) => {
  const redact = make(key)

  it("is replaced as it is, escaped for a URL and escaped for JSON", () => {
    for (const form of forms(key)) {
      assert.strictEqual(redact(form), "<redacted>", form)
      assert.strictEqual(redact(`before ${form} and ${form}.`), "before <redacted> and <redacted>.", form)
    }
  })

  it("is not found where it is not, nor in another encoding", () => {
    const others = [Buffer.from(key).toString("base64"), key.toUpperCase(), key.slice(1), key.slice(0, -1)]
    for (const text of ["", "sk-", ...others, "x".repeat(10_000)]) assert.strictEqual(redact(text), text)
  })
})

describe("any key", () => {
  const anyKey = fc.stringMatching(/^[!-~]{1,60}$/)

  it("is replaced in any text", () => {
    fc.assert(
      fc.property(anyKey, fc.string(), fc.string(), fc.nat(forms("a").length - 1), (key, before, after, n) => {
        const form = forms(key)[n] ?? key
        assert.strictEqual(make(key)(form), "<redacted>")
        assert.include(make(key)(`${before}${form}${after}`), "<redacted>")
      }),
      { numRuns: 1000 }
    )
  })

  // In quadratic time it takes longer than a test may.
  it("is searched for in linear time", () => {
    const redact = make("sk-fake-T5vNq8Zx2Lw4Kd7Rm1Yb9Hc3Jf6Pg0Sa")
    for (const part of ["\\", "%25", "s\\", "sk-fake-"]) {
      const text = part.repeat(2 ** 16)
      assert.strictEqual(redact(text), text)
    }
  })
})
