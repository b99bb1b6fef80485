import { assert, describe, it } from "vitest"
import * as waits from "../src/waits.ts"

const wait: waits.Wait = { operation: "list", reason: "pause", delay: 30_000, waiting: 3 }

describe("the text of a wait", () => {
  it.each<[Partial<waits.Wait>, string]>([
    [{}, "list requests are paused until 00:01:30 UTC: the server accepts no more for now; 3 calls wait"],
    [{ waiting: 1 }, "list requests are paused until 00:01:30 UTC: the server accepts no more for now; 1 call waits"],
    [{ reason: "rate", waiting: 0 }, "list requests are rate limited, the last until 00:01:30 UTC"],
    [{ reason: "retry", error: "no" }, "list is retried at 00:01:30 UTC: no"],
    [{ reason: "retry", error: "no", isDisconnected: true }, "no connection yet: list is retried at 00:01:30 UTC: no"],
    [{ reason: "retry" }, "list is retried at 00:01:30 UTC"],
    [{ reason: "retry", delay: Number.POSITIVE_INFINITY }, "list is retried at 00:00:00 UTC"]
  ])("%j", (changes, text) => {
    assert.strictEqual(waits.message({ ...wait, ...changes }, 60_000), text)
  })
})

describe("the log of waits", () => {
  it("is one warning a minute for long ones, and nothing for others", () => {
    const log = waits.log()
    assert.isUndefined(log({ ...wait, delay: 10_000 }, 0))
    assert.isUndefined(log({ ...wait, delay: 3000, isDisconnected: true }, 0))
    assert.isDefined(waits.log()({ ...wait, delay: 3001, isDisconnected: true }, 0))
    assert.strictEqual(log({ ...wait, delay: 10_001 }, 0)?.level, "warning")
    assert.isUndefined(log({ ...wait, reason: "retry" }, 59_999))
    assert.strictEqual(log(wait, 60_000)?.level, "warning")
    assert.strictEqual(log(wait, 0)?.level, "warning", "a clock that was put back")
  })

  it("logs waits for a steady rate at debug level, apart from warnings", () => {
    const log = waits.log()
    const rate = { ...wait, reason: "rate", delay: 1 } as const
    assert.strictEqual(log(wait, 0)?.level, "warning")
    assert.strictEqual(log(rate, 0)?.level, "debug")
    assert.isUndefined(log({ ...rate, delay: 60_000 }, 1))
  })
})
