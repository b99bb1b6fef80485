import { assert, describe, it } from "vitest"
import { attemptAttributes, calledFrom, callSite } from "../src/tracing.ts"

describe("an attempt", () => {
  const attempt = { method: "GET", template: "/fine_tuning/checkpoints/{checkpoint}/permissions", number: 1 }

  it("has the names of the semantic conventions, and a port that is not the default", () => {
    assert.deepStrictEqual(attemptAttributes(attempt, new URL("http://127.0.0.1:8080/v1")), {
      "http.request.method": "GET",
      "server.address": "127.0.0.1",
      "server.port": 8080,
      "url.template": attempt.template
    })
  })

  it("is counted from the second on", () => {
    assert.deepStrictEqual(attemptAttributes({ ...attempt, number: 3 }, new URL("https://api.openai.com/v1")), {
      "http.request.method": "GET",
      "server.address": "api.openai.com",
      "url.template": attempt.template,
      "http.request.resend_count": 2
    })
  })
})

describe("a call site", () => {
  const method = () => callSite()
  const outer = () => inner()
  const inner = () => callSite(1)
  const textOf = (site: ReturnType<typeof callSite>) => (site === false ? "none" : (site() ?? "unknown"))
  const limitOf = (): unknown => Reflect.get(Error, "stackTraceLimit")

  it("is where the function was called, or one further out", () => {
    const direct = method()
    const further = outer()
    assert.match(textOf(direct), /^at .*tracing\.test\.ts:\d+:\d+\)?$/)
    const lineOf = (text: string): number => Number(/:(\d+):\d+\)?$/.exec(text)?.[1])
    assert.strictEqual(lineOf(textOf(further)), lineOf(textOf(direct)) + 1)
  })

  it("leaves the limit of stacks as it was, and is none where they are turned off", () => {
    const before = limitOf()
    method()
    assert.strictEqual(limitOf(), before)
    Reflect.set(Error, "stackTraceLimit", 0)
    try {
      assert.isFalse(method())
    } finally {
      Reflect.set(Error, "stackTraceLimit", before)
    }
  })

  it("is that of who calls later, and only then", () => {
    const site = () => "at main (main.ts:1:1)"
    assert.strictEqual(
      calledFrom(site, () => method()),
      site
    )
    assert.isFalse(calledFrom(site, () => calledFrom(false, () => method())))
    assert.throws(() =>
      calledFrom(site, () => {
        throw new Error("refused")
      })
    )
    assert.match(textOf(method()), /tracing\.test\.ts/)
  })
})
