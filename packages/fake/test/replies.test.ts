import { assert, describe, it } from "vitest"
import { endpoints } from "../src/internal/api/endpoints.ts"
import { mismatch, operations } from "./fixtures/schemas.ts"
import { checkpoint } from "./support.ts"

/** Each reply of the tests in `rules` is compared with its schema, the field of a seed and of the server's own alike. */
describe("every reply is as its schema says", () => {
  it("the operations are those of the document", () => {
    const shape = (operation: string) => operation.replaceAll(/:\w+|\{\w+\}/g, "*")
    assert.sameMembers(
      endpoints.map(({ method, path }) => shape(`${method} ${path}`)),
      operations.map(shape)
    )
  })

  it("what is not as the schemas say is seen", () => {
    const page = { object: "list", data: [], has_more: false }
    const list = { method: "GET", path: `/v1/fine_tuning/checkpoints/${checkpoint}/permissions` }
    assert.isUndefined(mismatch(list, { status: 200, body: { ...page, last_id: null } }))
    assert.match(String(mismatch(list, { status: 200, body: { ...page, last_ids: null } })), /additional properties/)
    const wrongType = String(mismatch(list, { status: 200, body: { ...page, has_more: "yes" } }))
    assert.match(wrongType, /has_more must be boolean/)
    const models = { method: "GET", path: "/v1/models" }
    const model = { id: "gpt-4o", object: "model", created: 5, owned_by: "system", shutdown_date: "soon" }
    assert.isString(mismatch(models, { status: 200, body: { object: "list", data: [model] } }))
    assert.isString(mismatch(models, { status: 404, body: { error: "No." } }))
    assert.isString(mismatch({ method: "GET", path: "/v1/files" }, { status: 200, body: page }))
  })
})
