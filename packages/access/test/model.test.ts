import { assert, describe, it } from "@effect/vitest"
import { check, environment } from "./support/modelCheck.ts"

describe("model, one service", () => {
  it("what grants, revokes and listings promise holds, whatever the server does and whatever goes wrong", async () => {
    const checked = await check({ ...environment, services: 1 })
    if (checked.failed) assert.fail(checked.text)
  }, 3_600_000)
})
