import { PermissionsError } from "@checkpoint-permissions/core"
import { assert, it } from "@effect/vitest"
import { cause } from "../src/internal/terminal/waiting.ts"

it("a connection that broke is no connection that was never made", () => {
  const failed = { operation: "list", reason: "ECONNRESET" } as const
  assert.strictEqual(
    cause(new PermissionsError.ConnectionError({ ...failed, sent: true })),
    "the connection broke (ECONNRESET)"
  )
  assert.strictEqual(
    cause(new PermissionsError.ConnectionError({ ...failed, sent: false })),
    "no connection (ECONNRESET)"
  )
})
