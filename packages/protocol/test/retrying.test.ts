import { assert, describe, it } from "vitest"
import type { RequestFailure } from "../src/failure.ts"
import * as calling from "../src/retrying.ts"

type State = calling.State<string>

const make = (cap = 10_000): State => calling.make({ operation: "list", checkpoint: "ft:a", resumeAfter: "cp_1", cap })
const failure: RequestFailure = { kind: "ServerError", operation: "list", mayHaveExecuted: true, status: 500 }
const asItIs: calling.ResolveWrite<string> = (result) => result

/** An attempt that fails. */
const fail = (state: State, sentAt: number, now: number, with_: RequestFailure = failure) =>
  calling.onEnded(calling.onSent(state, sentAt, 0), { failure: with_ }, asItIs, now)

/** The head of a reply came. */
const reply = (state: State, status = 200, requestId = "req_1", headers = {}) =>
  calling.onReply(calling.onSent(state, 0, 0), { status, headers, now: 100 }, requestId)

describe("a call", () => {
  it("takes a clock that steps back for one that stands still", () => {
    const ended = fail(make(), 1000, 0)
    assert.strictEqual(ended.took, 0)
    assert.deepNestedInclude(ended.last, { "failure.waited": 0 })
  })
})

describe("the cap", () => {
  it("counts attempts, delays and pauses", () => {
    const sent = calling.onSent(make(), 0, 2000)
    const state = calling.onDelayed(calling.onEnded(sent, { failure }, asItIs, 3000), 1000)
    assert.strictEqual(calling.maxPause(state), 4000)
    assert.strictEqual(calling.retryDelay(state, 4000), 4000)
    assert.isUndefined(calling.retryDelay(state, 4001))
  })
})

describe("a delay", () => {
  it("is never shorter than the server asks for, in whole milliseconds", () => {
    const asked = fail(make(), 0, 0, { ...failure, retryAfter: 700 })
    assert.strictEqual(calling.retryDelay(asked, 500), 700)
    assert.strictEqual(calling.retryDelay(asked, 900.2), 901)
  })

  it("is finite: an infinite one ends the call, also without a cap", () => {
    for (const cap of [10_000, Number.POSITIVE_INFINITY]) {
      assert.isUndefined(calling.retryDelay(fail(make(cap), 0, 0), Number.POSITIVE_INFINITY))
    }
  })
})

describe("the outcome for the rate limiter", () => {
  it("is what the head says, also where the body never came", () => {
    const limited = reply(make(), 429, "req_1", { "retry-after": "20" })
    assert.deepInclude(calling.permitOutcome(limited), { status: "limited", retryAfter: 20_000 })
    assert.deepInclude(calling.permitOutcome(reply(make())), { status: "accepted" })
  })

  const refused = (kind: "QuotaExhaustedError" | "RateLimitError") =>
    calling.onEnded(reply(make(), 429), { failure: { ...failure, kind } }, asItIs, 100)

  it("is not a rate limit if the quota is exhausted", () => {
    assert.deepInclude(calling.permitOutcome(refused("QuotaExhaustedError")), { status: "accepted" })
  })

  it("is passed once: an attempt that is interrupted while it waits has none", () => {
    assert.isUndefined(calling.permitOutcome(calling.onDelayed(refused("RateLimitError"), 1000)))
  })
})

describe("the outcome of a call", () => {
  it("is the failure of the last attempt, with the request id of the last reply, also while the next is delayed", () => {
    const first = calling.onEnded(reply(make(), 500, "req_1"), { failure }, asItIs, 0)
    const broken = { ...failure, kind: "ConnectionError", reason: "ECONNRESET" } as const
    const second = fail(calling.onDelayed(first, 1000), 2000, 2100, broken)
    assert.deepNestedInclude(
      calling.outcome(calling.onDelayed(second, 1000), (error) => error),
      {
        requestId: "req_1",
        "error.kind": "ConnectionError",
        "error.attempts": 2
      }
    )
  })

  it("passes observers the reply to this attempt, and no other", () => {
    const told = { operation: "list", status: 429, requestId: "req_7" }
    assert.deepStrictEqual<unknown>(calling.reply(reply(make(), 429, "req_7")), told)
    assert.isUndefined(calling.reply(calling.onDelayed(reply(make()), 1000)))
  })
})
