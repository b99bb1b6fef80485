import { assert, describe, expectTypeOf, it } from "vitest"
import { everyParam } from "../../contract/src/index.ts"
import { refusePermission, refuseProject } from "../src/identifiers.ts"
import { shown } from "../src/internal/input.ts"
import { checkAccess, checkListParams, checkProjectIds, refuseLimit, refuseOrder } from "../src/parameters.ts"
import type { ListParams } from "../src/wire.ts"
import { revoked, throwing } from "./support/hostile.ts"

const all = { project_id: undefined, after: undefined, limit: undefined, order: undefined }
describe("the parameters of a listing", () => {
  it("are all in the contract, which expects each in the requests of all pages", () => {
    expectTypeOf(everyParam).toExtend<Required<ListParams>>()
    expectTypeOf<keyof typeof everyParam>().toEqualTypeOf<keyof ListParams>()
    assert.deepStrictEqual(checkListParams(everyParam), { ok: { ...everyParam } })
  })

  it.each([
    [undefined, {}],
    [{}, {}],
    [Object.create(null), {}],
    [{ limit: 1 }, { limit: 1 }],
    [{ limit: Number.MAX_SAFE_INTEGER }, { limit: Number.MAX_SAFE_INTEGER }],
    [{ order: "ascending" }, { order: "ascending" }],
    [{ order: "descending" }, { order: "descending" }],
    [{ ...all }, {}],
    [
      { project_id: "proj_a", after: "cp_a", limit: 20, order: "ascending" },
      { project_id: "proj_a", after: "cp_a", limit: 20, order: "ascending" }
    ]
  ])("%j are taken", (params, taken) => {
    assert.deepStrictEqual<unknown>(checkListParams(params), { ok: { ...all, ...taken } })
  })

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, "10", null, true, 10n, [10], () => 10])(
    "refuse the limit %s",
    (limit) => {
      const reason = `limit is ${shown(limit)}: pass a positive whole number, such as 100`
      assert.deepStrictEqual(checkListParams({ limit }), { field: "limit", reason })
      assert.strictEqual(refuseLimit(limit), reason)
    }
  )

  it.each(["asc", "desc", "Ascending", "ascending ", "", 1, null, "x".repeat(100_000), ["ascending"]])(
    "refuse the order %#",
    (order) => {
      const reason = `order is ${shown(order)}: pass "ascending" or "descending"`
      assert.deepStrictEqual(checkListParams({ order }), { field: "order", reason })
      assert.strictEqual(refuseOrder(order), reason)
    }
  )

  it.each(["", "..", " a", null, 7, "sk-a"])("refuse the id %j by its field", (id) => {
    assert.deepStrictEqual<unknown>(checkListParams({ project_id: id }), {
      field: "project_id",
      reason: refuseProject(id)
    })
    assert.deepStrictEqual<unknown>(checkListParams({ after: id }), { field: "after", reason: refusePermission(id) })
  })

  it("name the first field that is wrong", () => {
    const wrong = { order: "asc", limit: 0, after: "", project_id: "" }
    const field = (params: object) => {
      const result = checkListParams(params)
      return "field" in result ? result.field : undefined
    }
    assert.strictEqual(field(wrong), "project_id")
    assert.strictEqual(field({ ...wrong, project_id: "p" }), "after")
    assert.strictEqual(field({ ...wrong, project_id: "p", after: "c" }), "limit")
    assert.strictEqual(field({ ...wrong, project_id: "p", after: "c", limit: 1 }), "order")
  })

  it("have no other names: the compiler refuses them, and they are not sent", () => {
    assert.deepStrictEqual<unknown>(checkListParams({ limit: 1, projectId: "proj_a", [Symbol("order")]: 1 }), {
      ok: { ...all, limit: 1 }
    })
  })
})

describe("the projects of a create", () => {
  it("are each taken once, in the order given", () => {
    assert.deepStrictEqual<unknown>(checkProjectIds(["proj_b", "proj_a", "proj_b"]), { ok: ["proj_b", "proj_a"] })
    const many = Array.from({ length: 1000 }, (_, index) => `proj_${index}`)
    assert.deepStrictEqual<unknown>(checkProjectIds(many), { ok: many })
    assert.deepStrictEqual<unknown>(checkProjectIds(Object.freeze(["proj_a"])), { ok: ["proj_a"] })
  })

  it.each<readonly [unknown, string]>([
    [undefined, "undefined"],
    [null, "null"],
    ["proj_a", '"proj_a"'],
    [new Set(["proj_a"]), "an object"],
    [{ 0: "proj_a", length: 1 }, "an object"]
  ])("are an array, not %s", (ids, shown) => {
    assert.deepStrictEqual(checkProjectIds(ids), {
      field: "projectIds",
      reason: `projectIds is ${shown}: pass an array of project ids`
    })
  })

  it("are at least one", () => {
    assert.deepStrictEqual(checkProjectIds([]), {
      field: "projectIds",
      reason: "the list is empty: pass at least one project id, such as proj_iqGMw1llN8IrBb6SvvY5A1oF"
    })
  })

  it.each(["", "ft:a", null, undefined, 7, ["proj_a"]])("refuse %j by its index", (id) => {
    assert.deepStrictEqual<unknown>(checkProjectIds(["proj_a", id, ""]), {
      field: "projectIds[1]",
      reason: refuseProject(id)
    })
  })

  it("that cannot be read are refused by their index", () => {
    const list = ["proj_a", "proj_b"]
    Object.defineProperty(list, 1, Object.getOwnPropertyDescriptor(throwing("1"), "1") ?? {})
    const reason = "it cannot be read: pass an array of project ids"
    assert.deepStrictEqual(checkProjectIds(list), { field: "projectIds[1]", reason })
    assert.deepStrictEqual(checkProjectIds(revoked()), { field: "projectIds", reason })
  })
})

describe("what a grant or a revoke is given", () => {
  it.each<readonly [field: string, checkpoint: unknown, projects: unknown]>([
    ["checkpoint", "proj_a", ["proj_a"]],
    ["checkpoint", undefined, ["proj_a"]],
    ["projects", "ft:a", []],
    ["projects", "ft:a", undefined],
    ["projects", "ft:a", "proj_a"],
    ["projects[1]", "ft:a", ["proj_a", "ft:a"]],
    ["projects[0]", "ft:a", [1]]
  ])("is refused by %s: %j, %j", (field, checkpoint, projects) => {
    const checked = checkAccess(checkpoint, projects)
    assert.strictEqual("field" in checked && checked.field, field)
  })
})
