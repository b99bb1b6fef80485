import { assert, it } from "vitest"
import { budgets } from "../src/budgets.ts"
import { applications } from "../src/build.ts"

const within = (what: string, found: number, { budget }: { readonly budget: number }) =>
  assert.isAtMost(
    found,
    budget,
    `${what}: ${found} is more than the budget of ${budget}: make it less, or say why in src/budgets.ts`
  )

it("bundle sizes, and nothing of the fake or, for Effect 4, of schemas of errors in them", async () => {
  const { http3, http4, openai, ours3, ours4 } = await applications()
  within("bytes over the bare application", ours3.gzip - http3.gzip, budgets.added)
  within("bytes over the bare application for Effect 4", ours4.gzip - http4.gzip, budgets.added4)
  assert.isAtMost(ours4.gzip, openai.gzip)
  const inputs = [...ours3.inputs, ...ours4.inputs]
  assert.isEmpty(inputs.filter((path) => /(^|\/)(fake|testing)\/src\/|\/PermissionsErrorSchema\.ts$/.test(path)))
})
