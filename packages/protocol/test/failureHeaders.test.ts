import { assert, describe, it } from "vitest"
import { outcomeOf, rateLimitsOf, requestIdOf, retryAfterOf } from "../src/failure.ts"
import { envelope, failureOf, key, redact } from "./support/failure.ts"

const now = Date.UTC(2026, 10, 25, 12, 0, 0)
const at = (seconds: number) => new Date(now + seconds * 1000).toUTCString()

describe("Retry-After", () => {
  const cases: ReadonlyArray<readonly [headers: Record<string, string>, millis: number | undefined]> = [
    [{}, undefined],
    [{ "retry-after": "5" }, 5000],
    [{ "retry-after": "0" }, 0],
    [{ "retry-after": " 5 " }, 5000],
    [{ "retry-after": "2.5" }, 2500],
    [{ "retry-after": "2." }, 2000],
    [{ "retry-after": ".5" }, 500],
    [{ "retry-after": "0.0001" }, 1],
    [{ "retry-after": "61.0000001" }, 61_001],
    [{ "retry-after": "9".repeat(400) }, undefined],
    [{ "retry-after-ms": "30" }, 30],
    [{ "retry-after-ms": "30.2" }, 31],
    [{ "retry-after-ms": "30", "retry-after": "1" }, 1000],
    [{ "retry-after-ms": "3000", "retry-after": "1" }, 3000],
    [{ "retry-after-ms": "x", "retry-after": "1" }, 1000],
    [{ "retry-after-ms": "30", "retry-after": "soon" }, 30],
    ...["-1", "1e3", "0x10", "", " ", "1,5", "five", "1 2", "+1", "5s", "Infinity", "NaN", "2026", "."].map(
      (text) => [{ "retry-after": text }, text === "2026" ? 2_026_000 : undefined] as const
    ),
    [{ "retry-after": at(90) }, 90_000],
    [{ "retry-after": ` ${at(90)} ` }, 90_000],
    [{ "retry-after": at(-90) }, 0],
    [{ "retry-after": "Wednesday, 25-Nov-26 12:01:30 GMT" }, 90_000],
    [{ "retry-after": "Wed Nov 25 12:01:30 2026" }, 90_000],
    [{ "retry-after": "Wed, 99 Nov 2026 12:01:30 GMT" }, undefined],
    [{ "retry-after": "2026-11-25T12:01:30Z" }, undefined],
    [{ "retry-after": "Wed, 25 Nov 2026" }, undefined],
    // The server's clock is behind ours, or ahead of it: the longer wait counts.
    [{ "retry-after": at(90), date: at(30) }, 90_000],
    [{ "retry-after": at(90), date: at(-30) }, 120_000],
    [{ "retry-after": at(90), date: at(120) }, 90_000],
    [{ "retry-after": at(-90), date: at(-120) }, 30_000],
    [{ "retry-after": at(90), date: "yesterday" }, 90_000]
  ]
  it.each(cases)("%j", (headers, millis) => {
    assert.strictEqual(retryAfterOf(headers, now), millis)
  })

  it("means GMT, wherever this runs", () => {
    const zone = process.env["TZ"]
    try {
      for (const other of ["America/New_York", "Asia/Tokyo"]) {
        process.env["TZ"] = other
        assert.strictEqual(retryAfterOf({ "retry-after": "Wed Nov 25 12:01:30 2026" }, now), 90_000)
      }
    } finally {
      if (zone === undefined) delete process.env["TZ"]
      else process.env["TZ"] = zone
    }
  })
})

describe("x-ratelimit", () => {
  const of = (limit?: string, remaining?: string, reset?: string) =>
    rateLimitsOf({
      "x-ratelimit-limit-requests": limit,
      "x-ratelimit-remaining-requests": remaining,
      "x-ratelimit-reset-requests": reset
    })

  it("counts", () => {
    assert.deepStrictEqual(of(), { limit: undefined, remaining: undefined, reset: undefined })
    assert.deepStrictEqual(of("10", "0"), { limit: 10, remaining: 0, reset: undefined })
    assert.deepStrictEqual(of(" 10 ", "7"), { limit: 10, remaining: 7, reset: undefined })
    for (const text of ["", "-1", "1.5", "many", "1e3", "10 a minute", "x10"]) {
      assert.deepStrictEqual(of(text, text), { limit: undefined, remaining: undefined, reset: undefined })
    }
  })

  it.each<readonly [string, number | undefined]>([
    ["20ms", 20],
    ["1s", 1000],
    ["1.5s", 1500],
    ["6m0s", 360_000],
    ["1h2m3s", 3_723_000],
    ["1d", 86_400_000],
    ["1d1ms", 86_400_001],
    ["2.25m", 135_000],
    [" 7 ", 7000],
    ["0.5", 500],
    ["12.25", 12_250],
    ["0", 0],
    ...["", "s", "1x", "1.s", ".5s", "-1s", "1s later", "in 1s", "x5", "5."].map((text) => [text, undefined] as const)
  ])("resets in %j", (text, millis) => {
    assert.strictEqual(of(undefined, undefined, text).reset, millis)
  })
})

describe("a request id", () => {
  it("is the header, without the key", () => {
    assert.strictEqual(requestIdOf({ "x-request-id": "req_1" }, redact), "req_1")
    assert.strictEqual(requestIdOf({ "x-request-id": `req_${key}` }, redact), "req_<redacted>")
    assert.isUndefined(requestIdOf({}, redact))
  })
})

describe("the outcome of a reply", () => {
  const headers = {
    "retry-after": "2",
    "x-ratelimit-limit-requests": "10",
    "x-ratelimit-remaining-requests": "3",
    "x-ratelimit-reset-requests": "6s"
  }
  const head = (status: number) => ({ status, headers, now })
  const known = { retryAfter: 2000, limit: 10, remaining: 3, reset: 6000 }

  it("is its status and its headers", () => {
    assert.deepStrictEqual(outcomeOf(head(429), undefined), { status: "limited", ...known })
    for (const status of [200, 404, 428, 430, 503]) {
      assert.deepStrictEqual(outcomeOf(head(status), undefined), { status: "accepted", ...known })
    }
  })

  it("is not limited when a quota is used up", () => {
    assert.strictEqual(outcomeOf(head(429), failureOf(envelope(429))).status, "limited")
    const used = failureOf(envelope(429, { code: "insufficient_quota" }))
    assert.strictEqual(outcomeOf(head(429), used).status, "accepted")
    assert.strictEqual(failureOf(envelope(403, { code: "insufficient_quota" })).kind, "PermissionDeniedError")
  })
})
