import { assert, describe, it } from "vitest"
import * as calling from "../src/calling.ts"
import type { RequestFailure } from "../src/failure.ts"

const make = (cap = 10_000) => calling.make({ operation: "list", checkpoint: "ft:a", resumeAfter: "cp_1", cap })
const failure: RequestFailure = { kind: "ServerError", operation: "list", mayHaveExecuted: true, status: 500 }
const retryable = { isRetryable: true, retryAfter: undefined }
const asItIs: calling.Settle<never> = (result) => result

/** An attempt that fails. */
const fail = (state: calling.State, sentAt: number, now: number, with_: RequestFailure = failure) =>
  calling.onEnded(calling.onSent(state, sentAt, 0), { failure: with_ }, asItIs, now)

describe("a call", () => {
  it("counts attempts, and the time from the first of them", () => {
    const first = fail(make(), 1000, 1500)
    assert.strictEqual(first.took, 500)
    const second = fail(first.state, 3000, 3100)
    assert.deepStrictEqual(second.result, {
      failure: { ...failure, checkpoint: "ft:a", attempts: 2, waited: 2100, resumeAfter: "cp_1" }
    })
    assert.isTrue(second.state.mayHaveExecuted)
  })

  it("keeps where a failure itself says to resume", () => {
    assert.deepNestedInclude(fail(make(), 0, 0, { ...failure, resumeAfter: "cp_9" }).result, {
      "failure.resumeAfter": "cp_9"
    })
  })

  it("takes a clock that steps back for one that stands still", () => {
    const ended = fail(make(), 1000, 0)
    assert.strictEqual(ended.took, 0)
    assert.deepNestedInclude(ended.result, { "failure.waited": 0 })
  })

  it("settles a result with what earlier attempts may have done, not with what this one did", () => {
    const seen: Array<boolean> = []
    const settle: calling.Settle<string> = (_, earlierMayHaveExecuted) => {
      seen.push(earlierMayHaveExecuted)
      return { reply: "settled" }
    }
    const first = fail(make(), 0, 0)
    calling.onEnded(calling.onSent(make(), 0, 0), { failure }, settle, 0)
    const second = calling.onEnded(calling.onSent(first.state, 0, 0), { failure }, settle, 0)
    assert.deepStrictEqual(seen, [false, true])
    assert.deepStrictEqual(second.result, { reply: "settled" })
  })

  it("is as it was after a step", () => {
    const state = make()
    const before = structuredClone(state)
    calling.onHeldTooLong(calling.onDelayed(fail(state, 0, 1).state, 5), 9, 1)
    assert.deepStrictEqual(state, before)
  })
})

describe("the cap", () => {
  it("counts attempts, delays and holds", () => {
    const sent = calling.onSent(make(), 0, 2000)
    const state = calling.onDelayed(calling.onEnded(sent, { failure }, asItIs, 3000).state, 1000)
    assert.strictEqual(calling.patience(state), 4000)
    assert.strictEqual(calling.retryDelay(state, retryable, 4000), 4000)
    assert.isUndefined(calling.retryDelay(state, retryable, 4001))
  })

  it("leaves no patience once it is passed", () => {
    assert.strictEqual(calling.patience(calling.onDelayed(make(1000), 5000)), 0)
  })
})

describe("a delay", () => {
  it("is never shorter than the server asks for, in whole milliseconds", () => {
    assert.strictEqual(calling.retryDelay(make(), { isRetryable: true, retryAfter: 700 }, 500), 700)
    assert.strictEqual(calling.retryDelay(make(), { isRetryable: true, retryAfter: 700 }, 900.2), 901)
  })

  it("is none for what is not retryable, nor after a hold that is too long", () => {
    assert.isUndefined(calling.retryDelay(make(), { isRetryable: false, retryAfter: undefined }, 0))
    const held = calling.onHeldTooLong(make(), 90_000, 30_000)
    assert.deepInclude(held.failure, {
      kind: "RateLimitError",
      retryAfter: 60_000,
      attempts: 0,
      waited: 0,
      mayHaveExecuted: false
    })
    assert.isUndefined(calling.retryDelay(held.state, retryable, 0))
  })
})
