import { assert, describe, it } from "vitest"
import { budgets } from "../src/budgets.ts"
import { auditRequests } from "../src/rows/audit.ts"
import { sizes } from "../src/rows/bundles.ts"
import { size4Of } from "../src/rows/effect4.ts"

const minute = 60_000

const within = (what: string, found: number, { budget }: { readonly budget: number }) =>
  assert.isAtMost(
    found,
    budget,
    `${what}: ${found} is more than the budget of ${budget}: make it less, or say why in src/budgets.ts`
  )

describe("budgets", () => {
  it(
    "requests of an audit",
    async () => {
      const { openai, ours } = await auditRequests(300, 200)
      within("requests to audit 300 checkpoints of 200 projects", ours, budgets.audit)
      assert.isAtMost(ours, openai / 10)
    },
    2 * minute
  )

  it(
    "bundle sizes",
    async () => {
      const { added, whole } = await sizes()
      within("bytes that the library adds to an application", added, budgets.added)
      within("bytes of a whole application", whole, budgets.whole)
    },
    2 * minute
  )

  it(
    "bundle size for Effect 4, without the fake",
    async () => {
      const { fake, openai, ours } = await size4Of()
      within("bytes of a whole application for Effect 4", ours, budgets.whole4)
      assert.isAtMost(ours, openai)
      assert.isEmpty(fake)
    },
    2 * minute
  )
})
