import { assert, describe, it } from "vitest"
import { refusePermission, refuseProject } from "../src/identifiers.ts"
import * as wire from "../src/wire.ts"

const ids: wire.Ids<string, string> = {
  isPermissionId: (id): id is string => refusePermission(id) === undefined,
  isProjectId: (id): id is string => refuseProject(id) === undefined
}
const readPage = wire.readPage(ids)
const readDeleted = wire.readDeleted(ids)
const permission = {
  id: "cp_a",
  object: "checkpoint.permission",
  created_at: 1721764867,
  project_id: "proj_a"
}
const page = { object: "list", data: [permission], has_more: false, first_id: "cp_a", last_id: "cp_a" }
const deleted = { id: "cp_a", object: "checkpoint.permission", deleted: true }
const without = (object: object, field: string) =>
  Object.fromEntries(Object.entries(object).filter(([key]) => key !== field))
const withItem = (item: unknown) => ({ ...page, data: [permission, permission, permission, item] })

describe("a page", () => {
  it.each([
    ["whole", page],
    ["empty", { ...page, data: [] }],
    ["with more", { ...page, has_more: true }],
    ["without cursors", without(without(page, "first_id"), "last_id")],
    ["with cursors that are null", { ...page, first_id: null, last_id: null }],
    ["with cursors that are no ids", { ...page, first_id: "", last_id: ".." }],
    ["of the first instant", { ...page, data: [{ ...permission, created_at: -8_640_000_000_000 }] }],
    ["of the last instant", { ...page, data: [{ ...permission, created_at: 8_640_000_000_000 }] }],
    ["with unknown fields", { ...page, total: 1, data: [{ ...permission, granted_by: { name: "A" } }] }]
  ])("%s is good, and returned as it is", (_what, value) => {
    const read = readPage(value)
    assert.isTrue("ok" in read && read.ok === value)
  })

  const isNot = (what: string, value: unknown): string => `expected ${what}, actual ${JSON.stringify(value)}`
  const flag = "true or false"
  const time = "a time in Unix seconds"
  const oddTimes = [null, "1721764867", 1.5, 1e300, 8_640_000_000_001, -8_640_000_000_001, true, [1]]
  it.each<readonly [path: string, value: unknown, fault: string]>([
    ...[null, [page], 7, "<p>"].map((value) => ["body", value, isNot("an object", value)] as const),
    ...["object", "data", "has_more"].map((field) => [field, without(page, field), "is missing"] as const),
    ["object", { ...page, object: "page" }, isNot('"list"', "page")],
    ...[null, { 0: permission }].map((data) => ["data", { ...page, data }, isNot("an array", data)] as const),
    ...[null, "false", 0].map((has_more) => ["has_more", { ...page, has_more }, isNot(flag, has_more)] as const),
    ["first_id", { ...page, first_id: 7 }, isNot("a string or null", 7)],
    ["last_id", { ...page, last_id: false }, isNot("a string or null", false)],
    ...[null, "cp_a", []].map((item) => ["data[3]", withItem(item), isNot("an object", item)] as const),
    ["data[0]", { ...page, data: new Array(1) }, "is missing"],
    ...["object", "id", "project_id", "created_at"].map(
      (field) => [`data[3].${field}`, withItem(without(permission, field)), "is missing"] as const
    ),
    ["data[3].object", withItem({ ...permission, object: "list" }), isNot('"checkpoint.permission"', "list")],
    ...[null, "", "..", 7].map(
      (id) => ["data[3].id", withItem({ ...permission, id }), String(refusePermission(id))] as const
    ),
    ...["ft:a", 7].map(
      (id) => ["data[3].project_id", withItem({ ...permission, project_id: id }), String(refuseProject(id))] as const
    ),
    ...oddTimes.map(
      (created_at) => ["data[3].created_at", withItem({ ...permission, created_at }), isNot(time, created_at)] as const
    )
  ])("has a fault at %s: %j", (path, value, fault) => {
    assert.deepStrictEqual(readPage(value), { fault: `${path}: ${fault}` })
  })

  it("asks the caller's guards", () => {
    const strict: wire.Ids<"cp_a", "proj_a"> = {
      isPermissionId: (id): id is "cp_a" => id === "cp_a",
      isProjectId: (id): id is "proj_a" => id === "proj_a"
    }
    const read = wire.readPage(strict)(page)
    const ok: "cp_a" | undefined = "ok" in read ? read.ok.data[0]?.id : undefined
    assert.strictEqual(ok, "cp_a")
    assert.deepStrictEqual(wire.readPage(strict)(withItem({ ...permission, id: "cp_b" })), {
      fault: "data[3].id: is not an id"
    })
    assert.deepStrictEqual(wire.readPage(strict)(withItem({ ...permission, project_id: "b" })), {
      fault: "data[3].project_id: is not an id"
    })
  })

  it("that is JSON with an own __proto__ keeps it as a field", () => {
    const text =
      '{"__proto__":{"last_id":42,"has_more":true},"object":"list","has_more":false,"data":[{"id":"cp_a",' +
      '"object":"checkpoint.permission","created_at":1,"project_id":"p","__proto__":{"x":1},"constructor":null}]}'
    const read = readPage(JSON.parse(text))
    assert("ok" in read)
    assert.strictEqual(JSON.stringify(read.ok), text)
    assert.strictEqual(Object.getPrototypeOf(read.ok), Object.prototype)
    assert.isUndefined(read.ok.last_id)
    assert.isFalse(read.ok.has_more)
    assert.deepStrictEqual(readPage(JSON.parse('{"__proto__":{"has_more":false},"object":"list","data":[]}')), {
      fault: "has_more: is missing"
    })
  })
})

describe("a deletion", () => {
  it.each([deleted, { ...deleted, deleted: false }, { ...deleted, at: 1 }])(
    "%j is good, and returned as it is",
    (value) => {
      const read = readDeleted(value)
      assert.isTrue("ok" in read && read.ok === value)
    }
  )

  const object = '"checkpoint.permission"'
  it.each<readonly [path: string, value: unknown, fault: string]>([
    ["body", null, "expected an object, actual null"],
    ["body", [], "expected an object, actual []"],
    ...["id", "object", "deleted"].map((field) => [field, without(deleted, field), "is missing"] as const),
    ...[7, "proj_a"].map((id) => ["id", { ...deleted, id }, String(refusePermission(id))] as const),
    ["object", { ...deleted, object: "list" }, `expected ${object}, actual "list"`],
    ["deleted", { ...deleted, deleted: "true" }, 'expected true or false, actual "true"'],
    ["deleted", { ...deleted, deleted: null }, "expected true or false, actual null"]
  ])("has a fault at %s: %j", (path, value, fault) => {
    assert.deepStrictEqual(readDeleted(value), { fault: `${path}: ${fault}` })
  })
})

it("only strings are passed to a check of ids", () => {
  const any: wire.Ids<string, string> = {
    isPermissionId: (id): id is string => id !== "",
    isProjectId: (id): id is string => id !== ""
  }
  const faultOf = (field: string) => wire.readPage(any)({ ...page, data: [{ ...permission, [field]: 7 }] })
  assert.deepStrictEqual(faultOf("id"), { fault: `data[0].id: ${refusePermission(7)}` })
  assert.deepStrictEqual(faultOf("project_id"), { fault: `data[0].project_id: ${refuseProject(7)}` })
  assert.deepStrictEqual(wire.readDeleted(any)({ ...deleted, id: 7 }), { fault: `id: ${refusePermission(7)}` })
})
