import { PermissionsError } from "@checkpoint-permissions/core"
import { assert, it } from "@effect/vitest"
import { Duration } from "effect"
import { time, waitCause } from "../src/internal/terminal/time.ts"

it("a broken connection is distinguished from one that was never made", () => {
  const failed = { operation: "list", reason: "ECONNRESET" } as const
  assert.strictEqual(
    waitCause(new PermissionsError.ConnectionError({ ...failed, sent: true })),
    "connection lost (ECONNRESET)"
  )
  assert.strictEqual(
    waitCause(new PermissionsError.ConnectionError({ ...failed, sent: false })),
    "no connection (ECONNRESET)"
  )
})

it.each([
  [20, "20 ms"],
  [99.9, "100 ms"],
  [500, "0.5 s"],
  [65_000, "1m 5s"],
  [0, "0 s"]
])("%d milliseconds are %s", (millis, said) => assert.strictEqual(time(Duration.millis(millis)), said))
