import { assert, describe, it } from "@effect/vitest"
import { check, environment } from "./support/modelCheck.ts"

describe("model, two services", () => {
  it("that know nothing of each other lose nothing, and leave one permission of each project in the end", async () => {
    const checked = await check({ ...environment, services: 2 })
    if (checked.failed) assert.fail(checked.text)
  }, 3_600_000)
})
