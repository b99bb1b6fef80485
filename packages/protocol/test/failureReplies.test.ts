import { assert, describe, it } from "vitest"
import { ofReply, type Reply } from "../src/failure.ts"
import { call, envelope, failureOf, key, redact, reply } from "./support/failure.ts"

describe("a 404 that is not the API's", () => {
  it.each(["The Invalid URL", "No such checkpoint: Unknown request URL", "invalid url", ""])(
    "is not one whose message is %j",
    (message) => {
      assert.strictEqual(failureOf(envelope(404, { message })).kind, "NotFoundError")
    }
  )
})

describe("a success", () => {
  it.each([200, 201, 299])("%i is what was read", (status) => {
    assert.deepStrictEqual(ofReply(call(), reply(status, '{"a":1}'), redact), { ok: { a: 1 } })
  })

  it("has a reason of at most 1,000 characters", () => {
    const reasonOf = (length: number) => {
      const result = ofReply({ ...call(), read: () => ({ fault: "x".repeat(length) }) }, reply(200, "{}"), redact)
      return "reason" in result ? result.reason : ""
    }
    assert.strictEqual(reasonOf(1000), "x".repeat(1000))
    assert.strictEqual(reasonOf(1001), `${"x".repeat(1000)}…`)
  })
})

describe("the key", () => {
  const far = `${" ".repeat(5000)}<p>${"x".repeat(30)}${key} and more`
  it.each<readonly [string, Reply]>([
    ["a message", envelope(401, { message: `Incorrect API key: ${key}` })],
    ["code and param", envelope(400, { code: key, param: key, message: key })],
    ["scopes", envelope(403, { message: `Missing scopes: a.${key}.b, ${key}` })],
    ["a request id", envelope(500, {}, { "x-request-id": key })],
    ["a route", envelope(404, { message: `Invalid URL ${key}` })],
    ["a redirect", reply(302, "", { location: `https://b.example/?${key}` })],
    ["a body that is cut in the middle of it", reply(200, far)],
    ["a content type", reply(200, "x", { "content-type": key })],
    ["a fault", reply(200, '"bad"')]
  ])("is taken out of %s", (_name, of) => {
    const noisy = { ...call(), read: () => ({ fault: `${"x".repeat(990)}${key}` }) }
    const result = ofReply(noisy, of, redact)
    for (const part of [key.slice(0, 12), key.slice(-12)]) assert.notInclude(JSON.stringify(result), part)
    assert.include(JSON.stringify(result), "<redacted>".slice(0, 9))
  })

  it("is taken out of a content type before that is cut at its parameters", () => {
    const odd = (text: string) => text.replaceAll("secret;key", "<redacted>")
    const result = ofReply(call(), reply(200, "x", { "content-type": "secret;key" }), odd)
    assert.notInclude(JSON.stringify(result), "secret")
  })
})
