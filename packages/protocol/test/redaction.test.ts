import { Buffer } from "node:buffer"
import fc from "fast-check"
import { assert, describe, it } from "vitest"
import { make, redactCause } from "../src/redaction.ts"

/** The key in every form that it may be given back in. */
const forms = (key: string): ReadonlyArray<string> => [
  key,
  encodeURIComponent(key),
  encodeURIComponent(key).replace(/%../g, (code) => code.toLowerCase()),
  encodeURIComponent(encodeURIComponent(key)),
  encodeURIComponent(encodeURIComponent(encodeURIComponent(key))),
  encodeURI(key),
  JSON.stringify(key).slice(1, -1),
  JSON.stringify(JSON.stringify(key)).slice(3, -3),
  key.replaceAll("/", "\\/"),
  [...key].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`).join(""),
  [...key].map((c) => `\\\\u${c.charCodeAt(0).toString(16).padStart(4, "0").toUpperCase()}`).join(""),
  [...key].map((c) => `%${c.charCodeAt(0).toString(16)}`).join(""),
  [...key].map((c) => `&#${c.charCodeAt(0)};`).join(""),
  [...key].map((c) => `&#00${c.charCodeAt(0)};`).join(""),
  [...key].map((c) => `&#x${c.charCodeAt(0).toString(16)};`).join(""),
  [...key].map((c) => `&#X0${c.charCodeAt(0).toString(16).toUpperCase()};`).join(""),
  key
    .replaceAll("&", "&amp;")
    .replaceAll('"', "&quot;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("'", "&apos;")
]

const keys = [
  "sk-fake-T5vNq8Zx2Lw4Kd7Rm1Yb9Hc3Jf6Pg0Sa",
  "sk-admin-abcdefghijklmnopqrstuvwxyz0123456789",
  "k/+=&%\"'<>\\`{}|^~!$()*,;:@[]#?-admin"
]

describe.each(keys)("the key %j", (key) => {
  const redact = (text: string) => make(key)(text)

  it("is taken out in every form", () => {
    for (const form of forms(key)) {
      assert.strictEqual(redact(form), "<redacted>", form)
      assert.strictEqual(redact(`before ${form} and ${form}.`), "before <redacted> and <redacted>.", form)
    }
  })

  it("is taken out of base64, wherever it begins and ends", () => {
    const inner = (offset: number, encoding: "base64" | "base64url") =>
      Buffer.concat([Buffer.alloc(offset), Buffer.from(key)])
        .toString(encoding)
        .replaceAll("=", "")
        // Without the characters that also hold bits of what is before or after it.
        .slice(Math.ceil((offset * 4) / 3), -1)
    for (const before of ["", "x", "xy", "Bearer ", "user:", '{"key":"']) {
      for (const after of ["", ":", "\n", '"}']) {
        for (const encoding of ["base64", "base64url"] as const) {
          const text = Buffer.from(before + key + after).toString(encoding)
          const redacted = redact(`before ${text} after`)
          assert.match(redacted, /^before .*<redacted>.* after$/)
          for (const offset of [0, 1, 2]) assert.notInclude(redacted, inner(offset, encoding))
        }
      }
    }
  })

  it("leaves what is around it", () => {
    for (const before of ["x", "xy", "xyz"]) {
      const text = Buffer.from(`${before}${key}`).toString("base64")
      // One character of base64 may hold bits of both.
      assert.isAtLeast(redact(text).indexOf("<redacted>"), Math.floor((before.length * 4) / 3))
      assert.isAtMost(redact(text).indexOf("<redacted>"), Math.ceil((before.length * 4) / 3))
    }
  })

  it("is not seen where it is not", () => {
    for (const text of ["", "sk-", key.slice(1), key.slice(0, -1), key.toUpperCase(), "x".repeat(10_000)]) {
      assert.strictEqual(redact(text), text)
    }
  })
})

describe("any key", () => {
  const anyKey = fc.stringMatching(/^[!-~]{1,60}$/)

  it("is taken out of any text", () => {
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
  it("is looked for in linear time", () => {
    const redact = make("sk-fake-T5vNq8Zx2Lw4Kd7Rm1Yb9Hc3Jf6Pg0Sa")
    for (const part of ["\\", "%25", "s\\", "&#0", "sk-fake-"]) {
      const text = part.repeat(2 ** 16)
      assert.strictEqual(redact(text), text)
    }
  })

  it("of few characters does not take any base64 with it", () => {
    assert.strictEqual(make("abcd")("YWJjZA== YWJjZA"), "YWJjZA== YWJjZA")
    assert.strictEqual(make("abcdef")("YWJjZGVm"), "<redacted>")
  })
})

describe("causes", () => {
  const secret = "sk-admin-a-secret-that-must-not-be-seen"
  const redact = make(secret)

  it("are copied without the key, with their codes and inner causes", () => {
    const inner = Object.assign(new Error(`sent ${secret}`), { code: "ECONNRESET", syscall: "read", header: secret })
    const cause = redactCause(new AggregateError([inner], `all of ${secret} failed`, { cause: inner }), redact)
    assert.instanceOf(cause, Error)
    const copy = Object(cause)
    assert.deepInclude(copy.cause, { code: "ECONNRESET", syscall: "read" })
    assert.strictEqual(copy.cause.message, "sent <redacted>")
    assert.strictEqual(copy.errors.length, 1)
    assert.strictEqual(copy.name, "AggregateError")
    assert.notProperty(copy.cause, "header")
    for (const text of [copy.message, copy.stack, copy.cause.stack]) assert.notInclude(text, secret)
  })

  it("that are texts are redacted, and others are left", () => {
    assert.strictEqual(redactCause(`key ${secret}`, redact), "key <redacted>")
    assert.strictEqual(redactCause(7, redact), 7)
  })

  it("that are their own causes end", () => {
    const loop: Error & { cause?: unknown } = new Error("again")
    loop.cause = loop
    assert.instanceOf(redactCause(loop, redact), Error)
  })
})
