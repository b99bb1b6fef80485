import { Buffer } from "node:buffer"
import { inspect } from "node:util"
import fc from "fast-check"
import { assert, describe, it } from "vitest"
import { make, redactCause, redactJson } from "../src/redaction.ts"
import { revoked, throwing } from "./support/hostile.ts"

/** The key in every form that it may be given back in. */
const forms = (key: string): ReadonlyArray<string> => {
  const each = (written: (code: number, hex: string) => string) =>
    Array.from(key, (c) => written(c.charCodeAt(0), c.charCodeAt(0).toString(16))).join("")
  const named = [...Object.entries({ "&": "amp", '"': "quot", "<": "lt", ">": "gt", "'": "apos" })]
  return [
    key,
    encodeURIComponent(key),
    encodeURIComponent(key).replace(/%../g, (code) => code.toLowerCase()),
    encodeURIComponent(encodeURIComponent(key)),
    encodeURIComponent(encodeURIComponent(encodeURIComponent(key))),
    encodeURI(key),
    JSON.stringify(key).slice(1, -1),
    JSON.stringify(JSON.stringify(key)).slice(3, -3),
    key.replaceAll("/", "\\/"),
    each((_, hex) => `\\u${hex.padStart(4, "0")}`),
    each((_, hex) => `\\\\u${hex.padStart(4, "0").toUpperCase()}`),
    each((_, hex) => `%${hex}`),
    each((code) => `&#${code};`),
    each((code) => `&#00${code};`),
    each((_, hex) => `&#x${hex};`),
    each((_, hex) => `&#X0${hex.toUpperCase()};`),
    named.reduce((text, [character, name]) => text.replaceAll(character, `&${name};`), key)
  ]
}

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

describe("JSON", () => {
  const redact = make("sk-admin-1")

  it("is copied without the key", () => {
    const json = JSON.parse('{"sk-admin-1":["not sk-admin-1",1,true,null,{}],"__proto__":{"a":"sk-admin-1"}}')
    assert.strictEqual(
      JSON.stringify(redactJson(json, redact)),
      '{"<redacted>":["not <redacted>",1,true,null,{}],"__proto__":{"a":"<redacted>"}}'
    )
    assert.deepStrictEqual(redactJson([12345678], make("12345678")), ["<redacted>"])
  })

  it("that is too deep is left out", () => {
    const deep = `${"[".repeat(100_000)}"sk-admin-1"${"]".repeat(100_000)}`
    assert.strictEqual(
      JSON.stringify(redactJson(JSON.parse(deep), redact)),
      `${"[".repeat(64)}"<left out>"${"]".repeat(64)}`
    )
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
    for (const value of [7, 7n, true, null, undefined]) assert.strictEqual(redactCause(value, redact), value)
    assert.strictEqual(redactCause(12345678, make("12345678")), "<redacted>")
  })

  it("that contain themselves end", () => {
    const loop: Error & { cause?: unknown } = new Error("again")
    loop.cause = loop
    const copy = redactCause(new AggregateError([loop, loop]), redact)
    assert.deepStrictEqual(
      Object(copy).errors.map((error: Error) => [error.message, error.cause]),
      [
        ["again", "<left out>"],
        ["again", "<left out>"]
      ]
    )
  })

  it("that are too deep to be looked through are left out", () => {
    let deep: unknown = { authorization: secret }
    for (let depth = 0; depth < 12; depth++) deep = new Error(`${depth}`, { cause: deep })
    let at: unknown = redactCause(deep, redact)
    for (let depth = 0; depth <= 8; depth++) at = Object(at).cause
    assert.strictEqual(at, "<left out>")
  })

  describe("of any shape", () => {
    class Hidden {
      readonly #secret = secret
      get authorization() {
        return this.#secret
      }
      toJSON() {
        return this.#secret
      }
    }
    const names = fc.constantFrom(
      ...["name", "message", "stack", "code", "syscall", "cause", "errors", "request", secret],
      ...[Symbol.for(secret), Symbol.toStringTag]
    )
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 12, depthSize: "max" },
        fc.constantFrom<unknown>(secret, `Bearer ${secret}`, Symbol.for(secret), 7, null, undefined),
        fc
          .constantFrom<() => unknown>(
            () => new Hidden(),
            () => new TextEncoder().encode(secret),
            () => Object.assign(() => secret, { secret }),
            () => new Map([[secret, secret]]),
            () => new Set([secret]),
            () => new Date(),
            () => throwing("cause", secret),
            () => throwing("errors", secret)
          )
          .map((make) => make()),
        fc.array(tie("value"), { maxLength: 3 }),
        fc
          .tuple(fc.boolean(), fc.array(fc.tuple(names, tie("value")), { maxLength: 4 }), fc.boolean())
          .map(([isError, fields, isCyclic]) => {
            const made = isError ? new Error(secret) : {}
            for (const [name, value] of fields) {
              Object.defineProperty(made, name, { value, enumerable: true, configurable: true, writable: true })
            }
            if (isCyclic) Object.defineProperty(made, "cause", { value: { errors: [made] }, configurable: true })
            return made
          })
      )
    }))

    /** All that can be reached from a value, as text. */
    const reached = (value: unknown, seen = new Set<unknown>()): string => {
      if ((typeof value !== "object" && typeof value !== "function") || value === null) return String(value)
      if (seen.has(value)) return ""
      seen.add(value)
      const texts = [inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true })]
      if (value instanceof Map) for (const one of value) texts.push(reached(one, seen))
      if (value instanceof Set) for (const one of value) texts.push(reached(one, seen))
      if (value instanceof Uint8Array) texts.push(new TextDecoder().decode(value))
      for (let at: object | null = value; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
        for (const name of Reflect.ownKeys(at)) {
          texts.push(String(name))
          try {
            texts.push(reached(Reflect.get(at, name, value), seen))
          } catch {
            // as of a getter of another receiver
          }
        }
      }
      return texts.join("\n")
    }

    it("may answer no question at all", () => {
      assert.notInclude(reached(redactCause(revoked(new Error(secret)), redact)), secret)
      assert.notInclude(reached(redactCause({ message: secret, errors: revoked([]) }, redact)), secret)
    })

    it("hold the key nowhere", () => {
      fc.assert(
        fc.property(value, (cause) => {
          assert.notInclude(reached(redactCause(cause, redact)), secret)
        }),
        { numRuns: 1000 }
      )
    })

    // so that what is looked for would be found
    it("hold it where it is not taken out", () => {
      const inner = new Error("", { cause: { secret } })
      for (const given of [new Hidden(), { [secret]: 1 }, new Map([[{ secret }, 1]]), inner]) {
        assert.include(reached(given), secret)
      }
    })
  })
})
