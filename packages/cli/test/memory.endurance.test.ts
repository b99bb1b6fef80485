import { describe, it } from "@effect/vitest"
import { isEndurance } from "../../../scripts/endurance.ts"
import { ofAudit, ofList } from "./support/memory.ts"

/** What is swept at all is swept before a heap is full, however busy the machine is. `figures:memory` measures. */
describe("the memory of the program", () => {
  it.live.runIf(isEndurance)("a long listing fits into a heap of 24 MiB", () => ofList(40_000, 24))

  it.live.runIf(isEndurance)("an audit of 300 × 200 fits into a heap of 40 MiB", () => ofAudit(300, 200, 40))
})
