import * as Identifiers from "@checkpoint-permissions/core/Identifiers"
import {
  CreatePayload,
  createdAt,
  ListParams,
  Permission,
  PermissionDeleted,
  PermissionPage
} from "@checkpoint-permissions/core/Permission"
import { checkListParams, checkProjectIds } from "@checkpoint-permissions/protocol/parameters"
import { readDeleted, readPage } from "@checkpoint-permissions/protocol/wire"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, DateTime, Either, FastCheck as fc, JSONSchema, ParseResult, Pretty, Schema } from "effect"
import { canonical } from "./support.ts"

const permission = {
  id: "cp_a",
  object: "checkpoint.permission",
  created_at: 1721764867,
  project_id: "proj_a"
}
const page = { object: "list", data: [permission], has_more: false, first_id: "cp_a", last_id: "cp_a" }
const deleted = { id: "cp_a", object: "checkpoint.permission", deleted: true }

/** Where and why a value is refused: `path.to.field: message`. */
const refusals = (schema: Schema.Schema.AnyNoContext, value: unknown): ReadonlyArray<string> =>
  Either.match(Schema.decodeUnknownEither(schema)(value, { errors: "all" }), {
    onLeft: (error) =>
      ParseResult.ArrayFormatter.formatErrorSync(error).map(
        (issue) => `${issue.path.map(String).join(".")}: ${issue.message}`
      ),
    onRight: () => []
  })

describe("a value is the same after a round trip", () => {
  const schemas: ReadonlyArray<readonly [name: string, schema: Schema.Schema.AnyNoContext]> = [
    ["Permission", Permission],
    ["PermissionPage", PermissionPage],
    ["PermissionDeleted", PermissionDeleted],
    ["ListParams", ListParams],
    ["CreatePayload", CreatePayload]
  ]

  for (const [name, schema] of schemas) {
    const encode = Schema.encodeSync(schema)
    const decode = Schema.decodeUnknownSync(schema)
    const same = Schema.equivalence(schema)

    it.prop(name, { value: Arbitrary.make(schema) }, ({ value }) => {
      const wire: unknown = encode(value)
      const back = decode(wire)
      assert.deepStrictEqual(back, value)
      assert.strictEqual(canonical(decode(JSON.parse(JSON.stringify(wire)))), canonical(value))
      assert.isTrue(Schema.is(schema)(back))
      assert.isTrue(same(back, value))
    })
  }

  it("has a JSON schema, a printer and an equivalence", () => {
    const schema = JSON.stringify(JSONSchema.make(PermissionPage))
    for (const field of ["has_more", "last_id", "first_id", "created_at", "project_id"]) assert.include(schema, field)
    const value = Schema.decodeUnknownSync(PermissionPage)(page)
    assert.include(Pretty.make(PermissionPage)(value), "proj_a")
    assert.isFalse(Schema.equivalence(PermissionPage)(value, { ...value, has_more: true }))
  })
})

describe("unknown fields of replies", () => {
  it("do not replace a required field", () => {
    const tail = '"object":"list","data":[]'
    assert.deepStrictEqual(refusals(PermissionPage, JSON.parse(`{"__proto__":{"has_more":false},${tail}}`)), [
      "has_more: is missing"
    ])
  })

  it("pollute no prototype", () => {
    Schema.decodeUnknownSync(Permission)(
      JSON.parse(`{${JSON.stringify(permission).slice(1, -1)},"__proto__":{"polluted":1}}`)
    )
    Schema.decodeUnknownSync(Permission)(
      JSON.parse(`{${JSON.stringify(permission).slice(1, -1)},"constructor":{"prototype":{"polluted":1}}}`)
    )
    assert.isFalse("polluted" in {})
  })

  it("survive all parse options", () => {
    const wire = { ...page, total: 1, data: [{ ...permission, note: "x" }] }
    for (const onExcessProperty of ["ignore", "error", "preserve"] as const) {
      assert.deepStrictEqual<unknown>(Schema.decodeUnknownSync(PermissionPage)(wire, { onExcessProperty }), wire)
      assert.deepStrictEqual<unknown>(Schema.encodeUnknownSync(PermissionPage)(wire, { onExcessProperty }), wire)
    }
  })
})

/** The rules and reasons are tested in `protocol/test`; these tests compare the schemas with them. */
describe("a schema accepts what the protocol does, and nothing else", () => {
  const accepts = (schema: Schema.Schema.AnyNoContext, value: unknown) => refusals(schema, value).length === 0
  const odd = fc.oneof(
    fc.constantFrom("", "..", "cp_b", "proj_b", "ft:a", "ascending", "list", 1.5, 8_640_000_000_001, [], ["proj_a"]),
    fc.anything()
  )
  /** A value of which one field is missing, or is anything. */
  const damaged = (whole: object, ...others: ReadonlyArray<string>) =>
    fc.tuple(fc.constantFrom(...Object.keys(whole), ...others), fc.option(odd)).map(([field, value]): object => {
      const { [field as "id"]: _, ...rest } = { ...whole, id: undefined, ...whole }
      return Object.fromEntries(
        Object.entries(value === null ? rest : { ...rest, [field]: value }).filter(([, one]) => one !== undefined)
      )
    })
  const pages = fc.oneof(
    damaged(page),
    damaged(permission).map((item) => ({ ...page, data: [permission, item] })),
    odd
  )
  const ids = { isPermissionId: Identifiers.isPermissionId, isProjectId: Identifiers.isProjectId }

  it.prop("of a page", { value: pages }, ({ value }) => {
    assert.strictEqual(accepts(PermissionPage, value), "ok" in readPage(ids)(value))
  })
  it.prop("of a deletion", { value: fc.oneof(damaged(deleted), odd) }, ({ value }) => {
    assert.strictEqual(accepts(PermissionDeleted, value), "ok" in readDeleted(ids)(value))
  })
  it.prop(
    "of parameters",
    {
      value: damaged({ project_id: "proj_a", after: "cp_a", limit: 7, order: "ascending" }, "projectId")
    },
    ({ value }) => {
      const checked = checkListParams(value)
      assert.strictEqual(accepts(ListParams, value), "ok" in checked)
      if ("reason" in checked) assert.include(refusals(ListParams, value)[0], checked.field)
    }
  )
  it.prop("of the projects of a create", { value: odd }, ({ value }) => {
    assert.strictEqual(accepts(CreatePayload, { project_ids: value }), "ok" in checkProjectIds(value))
  })

  it.each<readonly [schema: Schema.Schema.AnyNoContext, value: object, line: string]>([
    [PermissionPage, { object: "list", data: [] }, "has_more: is missing"],
    [
      PermissionPage,
      { ...page, data: [{ ...permission, id: "" }] },
      "data.0.id: the permission id is empty: pass an id such as cp_zc4Q7MP6XxulcVzj4MZdwsAB"
    ],
    [ListParams, { limit: 0 }, "limit: limit is 0: pass a positive whole number, such as 100"],
    [ListParams, { order: "asc" }, 'order: order is "asc": pass "ascending" or "descending"'],
    [
      CreatePayload,
      { project_ids: [] },
      "project_ids.0: the list is empty: pass at least one project id, such as proj_iqGMw1llN8IrBb6SvvY5A1oF"
    ]
  ])("and says where and why, %#", (schema, value, line) => {
    assert.strictEqual(refusals(schema, value)[0], line)
  })
})

describe("createdAt", () => {
  it("is the instant, in UTC", () => {
    const instant = createdAt({ created_at: 1721764867 })
    assert.isTrue(DateTime.isUtc(instant))
    assert.strictEqual(DateTime.formatIso(instant), "2024-07-23T20:01:07.000Z")
  })

  it.prop("takes every created_at that decodes", { value: Permission }, ({ value }) => {
    assert.strictEqual(DateTime.toEpochMillis(createdAt(value)), value.created_at * 1000)
  })
})
