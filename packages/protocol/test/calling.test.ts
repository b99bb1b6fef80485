import { assert, describe, it } from "vitest"
import * as calling from "../src/calling.ts"
import type { RequestFailure } from "../src/failure.ts"

const make = (cap = 10_000) => calling.make({ operation: "list", checkpoint: "ft:a", resumeAfter: "cp_1", cap })
const failure: RequestFailure = { kind: "ServerError", operation: "list", mayHaveExecuted: true, status: 500 }
const retryable = { isRetryable: true, retryAfter: undefined }

describe("a call", () => {
  it("counts attempts, and the time from the first of them", () => {
    const state = make()
    calling.onSent(state, 1000, 0)
    assert.strictEqual(calling.onEnded(state, 1500), 500)
    calling.onSent(state, 3000, 0)
    calling.onEnded(state, 3100)
    assert.deepStrictEqual(calling.onFailure(state, failure, 3100), {
      ...failure,
      checkpoint: "ft:a",
      attempts: 2,
      waited: 2100,
      resumeAfter: "cp_1"
    })
    assert.isTrue(state.mayHaveExecuted)
  })

  it("keeps where a failure itself says to resume", () => {
    assert.strictEqual(calling.onFailure(make(), { ...failure, resumeAfter: "cp_9" }, 0).resumeAfter, "cp_9")
  })

  it("takes a clock that steps back for one that stands still", () => {
    const state = make()
    calling.onSent(state, 1000, 0)
    assert.strictEqual(calling.onEnded(state, 0), 0)
    assert.strictEqual(calling.onFailure(state, failure, 0).waited, 0)
  })
})

describe("the cap", () => {
  it("counts attempts, delays and holds", () => {
    const state = make()
    calling.onSent(state, 0, 2000)
    calling.onEnded(state, 3000)
    calling.onDelayed(state, 1000)
    assert.strictEqual(calling.patience(state), 4000)
    assert.strictEqual(calling.retryDelay(state, retryable, 4000), 4000)
    assert.isUndefined(calling.retryDelay(state, retryable, 4001))
  })

  it("leaves no patience once it is passed", () => {
    const state = make(1000)
    calling.onDelayed(state, 5000)
    assert.strictEqual(calling.patience(state), 0)
  })
})

describe("a delay", () => {
  it("is never shorter than the server asks for, in whole milliseconds", () => {
    assert.strictEqual(calling.retryDelay(make(), { isRetryable: true, retryAfter: 700 }, 500), 700)
    assert.strictEqual(calling.retryDelay(make(), { isRetryable: true, retryAfter: 700 }, 900.2), 901)
  })

  it("is none for what is not retryable, nor after a hold that is too long", () => {
    assert.isUndefined(calling.retryDelay(make(), { isRetryable: false, retryAfter: undefined }, 0))
    const state = make()
    assert.deepInclude(calling.onHeldTooLong(state, 90_000, 30_000), {
      kind: "RateLimitError",
      retryAfter: 60_000,
      attempts: 0,
      waited: 0,
      mayHaveExecuted: false
    })
    assert.isUndefined(calling.retryDelay(state, retryable, 0))
  })
})
