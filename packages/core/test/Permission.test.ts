import { PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import {
  CreatePayload,
  createdAt,
  ListParams,
  Permission,
  PermissionDeleted,
  PermissionPage
} from "@checkpoint-permissions/core/Permission"
import { refuseLimit, refuseOrder } from "@checkpoint-permissions/protocol/parameters"
import { assert, describe, it } from "@effect/vitest"
import {
  Arbitrary,
  DateTime,
  Effect,
  Either,
  Equal,
  FastCheck as fc,
  JSONSchema,
  ParseResult,
  Pretty,
  Schema
} from "effect"
import { canonical, hostile } from "./support.ts"

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

const accepts = (schema: Schema.Schema.AnyNoContext, value: unknown) => refusals(schema, value).length === 0

describe("round trips", () => {
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

  it("keeps the names of the wire", () => {
    assert.deepStrictEqual(Object.keys(Permission.fields).sort(), ["created_at", "id", "object", "project_id"])
    assert.deepStrictEqual(Object.keys(PermissionPage.fields).sort(), [
      "data",
      "first_id",
      "has_more",
      "last_id",
      "object"
    ])
    assert.deepStrictEqual(Object.keys(PermissionDeleted.fields).sort(), ["deleted", "id", "object"])
    assert.deepStrictEqual(Object.keys(ListParams.fields).sort(), ["after", "limit", "order", "project_id"])
    assert.deepStrictEqual(Object.keys(CreatePayload.fields), ["project_ids"])
  })

  it("makes values that are checked", () => {
    const made = Permission.make({
      id: PermissionId.make("cp_a"),
      object: "checkpoint.permission",
      created_at: 1,
      project_id: ProjectId.make("proj_a")
    })
    assert.deepStrictEqual(Schema.decodeUnknownSync(Permission)({ ...permission, created_at: 1 }), made)
    assert.throws(() => Permission.make({ ...made, created_at: 1.5 }))
  })

  it("has a JSON schema, a printer and an equivalence", () => {
    const schema = JSON.stringify(JSONSchema.make(PermissionPage))
    for (const field of ["has_more", "last_id", "first_id", "created_at", "project_id"]) assert.include(schema, field)
    const value = Schema.decodeUnknownSync(PermissionPage)(page)
    assert.include(Pretty.make(PermissionPage)(value), "proj_a")
    assert.isTrue(Schema.equivalence(PermissionPage)(value, Schema.decodeUnknownSync(PermissionPage)(page)))
    assert.isFalse(Schema.equivalence(PermissionPage)(value, { ...value, has_more: true }))
  })
})

describe("unknown fields of replies", () => {
  /** An object as `JSON.parse` makes it: any key is a field, `__proto__` too. */
  const json = (fields: ReadonlyArray<readonly [string, unknown]>): unknown =>
    JSON.parse(`{${fields.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",")}}`)

  const key = fc.oneof(
    fc.constantFrom("constructor", "prototype", "toString", "hasOwnProperty", "then", "_tag", "0", ""),
    fc.constantFrom(...hostile.filter((text) => text.length < 100)),
    fc.string({ maxLength: 10 })
  )
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    // Inside of an unknown field nothing is changed.
    fc.constantFrom({ has_more: false }, { constructor: 1 }, null).map((inner) => json([["__proto__", inner]]))
  )
  const unknownTo = (known: object) =>
    fc.uniqueArray(
      fc.tuple(
        key.filter((key) => key !== "__proto__" && !Object.hasOwn(known, key)),
        value
      ),
      { maxLength: 6, selector: ([key]) => key }
    )
  const wireOf = (schema: Schema.Schema.AnyNoContext & { readonly fields: object }) =>
    fc
      .tuple(Arbitrary.make(schema), unknownTo(schema.fields))
      .map(([value, extra]) => json([...Object.entries(Schema.encodeSync(schema)(value)), ...extra]))

  const permissions = fc.array(wireOf(Permission), { maxLength: 4 })
  const pages = fc
    .tuple(permissions, fc.boolean(), unknownTo(PermissionPage.fields))
    .map(([data, has_more, extra]) => json([["object", "list"], ["data", data], ["has_more", has_more], ...extra]))

  const survives = (schema: Schema.Schema.AnyNoContext, wire: unknown) =>
    Effect.gen(function* () {
      const decoded: unknown = yield* Schema.decodeUnknown(schema)(wire)
      assert.strictEqual(canonical(decoded), canonical(wire))
      assert.strictEqual(Object.getPrototypeOf(decoded), Object.prototype)
      const encoded: unknown = yield* Schema.encode(schema)(decoded)
      assert.strictEqual(canonical(encoded), canonical(wire))
      assert.strictEqual(canonical(JSON.parse(JSON.stringify(encoded))), canonical(wire))
      assert.strictEqual(Object.getPrototypeOf(encoded), Object.prototype)
      assert.strictEqual(canonical(yield* Schema.validate(schema)(decoded)), canonical(wire))
    })

  it.effect.prop("survive in Permission", { wire: wireOf(Permission) }, ({ wire }) => survives(Permission, wire))
  it.effect.prop("survive in PermissionDeleted", { wire: wireOf(PermissionDeleted) }, ({ wire }) =>
    survives(PermissionDeleted, wire)
  )
  it.effect.prop("survive in PermissionPage and in its items", { wire: pages }, ({ wire }) =>
    survives(PermissionPage, wire)
  )

  it.effect("survive by name: a new field, an object, a list and constructor", () =>
    survives(
      PermissionPage,
      JSON.parse(`{
        "object": "list", "has_more": true, "total": 2, "constructor": { "y": 2 },
        "data": [{
          "id": "cp_a", "object": "checkpoint.permission", "created_at": 1, "project_id": "proj_a",
          "granted_by": { "__proto__": { "z": [1, null] }, "name": "A" }, "constructor": null
        }]
      }`)
    )
  )

  it("cannot answer for a field that must be there", () => {
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

  it("survive whatever the caller asks for", () => {
    const wire = { ...page, total: 1, data: [{ ...permission, note: "x" }] }
    for (const onExcessProperty of ["ignore", "error", "preserve"] as const) {
      assert.deepStrictEqual<unknown>(Schema.decodeUnknownSync(PermissionPage)(wire, { onExcessProperty }), wire)
      assert.deepStrictEqual<unknown>(Schema.encodeUnknownSync(PermissionPage)(wire, { onExcessProperty }), wire)
    }
  })

  it("leave the reply itself as it came", () => {
    const wire = JSON.parse(`{${JSON.stringify(permission).slice(1, -1)},"__proto__":{"x":1}}`)
    const before = canonical(wire)
    Schema.decodeUnknownSync(Permission)(Object.freeze(wire))
    assert.strictEqual(canonical(wire), before)
  })
})

describe("plain structs", () => {
  const wires = { Permission: permission, PermissionPage: page, PermissionDeleted: deleted }
  const schemas = { Permission, PermissionPage, PermissionDeleted, ListParams, CreatePayload }

  /** Decodes `wire` and an unknown field, which what is derived does not keep. */
  const derives = <A, I>(derived: Schema.Schema<A, I>, wire: object, unknown: object = { extra: 1 }) =>
    assert.deepStrictEqual<unknown>(Schema.decodeUnknownSync(derived)({ ...wire, ...unknown }), wire)

  it("are structs through and through", () => {
    for (const schema of Object.values(schemas)) assert.strictEqual(schema.ast._tag, "TypeLiteral")
  })

  it("extend", () => {
    const note = Schema.Struct({ note: Schema.String })
    derives(Schema.extend(Permission, note), { ...permission, note: "x" })
    derives(Schema.extend(PermissionDeleted, note), { ...deleted, note: "x" })
    derives(Schema.extend(Permission, Schema.Struct({ permissions: Schema.Array(Permission) })), {
      ...permission,
      permissions: [{ ...permission, granted_by: "kept, since this is a Permission" }]
    })
  })

  it("partial", () => {
    for (const schema of [Permission, PermissionPage, PermissionDeleted, ListParams, CreatePayload]) {
      derives(Schema.partial(schema as typeof PermissionDeleted), {})
    }
    derives(Schema.partialWith(Permission, { exact: true }), { id: "cp_a" })
    derives(Schema.required(Schema.partial(Permission)), permission)
  })

  it("pick and omit", () => {
    derives(Permission.pipe(Schema.pick("id")), { id: "cp_a" })
    derives(PermissionPage.omit("data"), { object: "list", has_more: true })
  })

  it("rename", () => {
    assert.deepStrictEqual<unknown>(
      Schema.decodeUnknownSync(Schema.rename(Permission, { project_id: "project" }))(permission),
      { id: "cp_a", object: "checkpoint.permission", created_at: 1721764867, project: "proj_a" }
    )
  })

  it("are themselves within others", () => {
    const pair = Schema.Struct({ page: PermissionPage, deleted: Schema.optional(PermissionDeleted) })
    const wire = { page: { ...wires.PermissionPage, total: 1 }, deleted: { ...deleted, at: 1 } }
    assert.deepStrictEqual<unknown>(Schema.decodeUnknownSync(pair)(wire), wire)
  })
})

describe("replies that are not what the API promises", () => {
  const without = (object: object, field: string) =>
    Object.fromEntries(Object.entries(object).filter(([key]) => key !== field))

  it.each([
    [Permission, permission],
    [PermissionPage, page],
    [PermissionDeleted, deleted]
  ] as const)("whole, %#: accepted", (schema, value) => {
    assert.deepStrictEqual(refusals(schema, value), [])
  })

  const pageWith = (item: unknown) => ({ ...page, data: [permission, item] })
  const wrong: ReadonlyArray<readonly [what: string, Schema.Schema.AnyNoContext, value: unknown, says: RegExp]> = [
    ["a page without has_more", PermissionPage, without(page, "has_more"), /^has_more: is missing$/],
    ["has_more null", PermissionPage, { ...page, has_more: null }, /^has_more: Expected boolean, actual null$/],
    ["a page without data", PermissionPage, without(page, "data"), /^data: is missing$/],
    ["data an object", PermissionPage, { ...page, data: {} }, /^data: Expected/],
    ['object "page"', PermissionPage, { ...page, object: "page" }, /^object: Expected "list"/],
    ["last_id a number", PermissionPage, { ...page, last_id: 7 }, /^last_id: Expected/],
    ["an item without id", PermissionPage, pageWith(without(permission, "id")), /^data\.1\.id: is missing$/],
    ["an item with an empty id", PermissionPage, pageWith({ ...permission, id: "" }), /^data\.1\.id: .* is empty/],
    ["an item null", PermissionPage, pageWith(null), /^data\.1: Expected/],
    ["created_at fractional", Permission, { ...permission, created_at: 1.5 }, /^created_at: .*integer/],
    ["created_at text", Permission, { ...permission, created_at: "1721764867" }, /^created_at: Expected number/],
    ["created_at beyond every date", Permission, { ...permission, created_at: 8_640_000_000_001 }, /^created_at: /],
    ["created_at before every date", Permission, { ...permission, created_at: -8_640_000_000_001 }, /^created_at: /],
    ["a delete without deleted", PermissionDeleted, without(deleted, "deleted"), /^deleted: is missing$/],
    ["null", PermissionPage, null, /^: Expected/],
    ["a list", PermissionPage, [page], /^: Expected/],
    ["an HTML page", PermissionPage, "<!doctype html>", /^: Expected/]
  ]

  it.each(wrong)("%s", (_what, schema, value, says) => {
    const lines = refusals(schema, value)
    assert.isTrue(
      lines.some((line) => says.test(line)),
      `${lines.join("\n")} does not say ${says}`
    )
    assert.throws(() => Schema.decodeUnknownSync(schema)(value))
  })

  it.prop("has_more that is not a boolean", { has_more: fc.anything() }, ({ has_more }) => {
    assert.strictEqual(accepts(PermissionPage, { ...page, has_more }), typeof has_more === "boolean")
  })

  it("takes last_id and first_id absent, null or text", () => {
    const bare = without(without(page, "last_id"), "first_id")
    const decode = Schema.decodeUnknownSync(PermissionPage)
    assert.isFalse("last_id" in decode(bare))
    assert.isFalse("first_id" in decode(bare))
    assert.isNull(decode({ ...bare, last_id: null }).last_id)
    assert.isNull(decode({ ...bare, first_id: null }).first_id)
    assert.strictEqual(decode({ ...bare, last_id: "cp_z" }).last_id, "cp_z")
    assert.strictEqual(decode({ ...bare, first_id: "cp_a" }).first_id, "cp_a")
  })

  it("takes an empty page, and either answer of has_more and deleted", () => {
    assert.deepStrictEqual(Schema.decodeUnknownSync(PermissionPage)({ ...page, data: [] }).data, [])
    assert.isTrue(Schema.decodeUnknownSync(PermissionPage)({ ...page, has_more: true }).has_more)
    assert.isFalse(Schema.decodeUnknownSync(PermissionDeleted)({ ...deleted, deleted: false }).deleted)
  })
})

describe("createdAt", () => {
  const at = (created_at: number) => createdAt({ created_at })

  it("is the instant, in UTC", () => {
    const instant = at(1721764867)
    assert.isTrue(DateTime.isUtc(instant))
    assert.strictEqual(DateTime.formatIso(instant), "2024-07-23T20:01:07.000Z")
    assert.isTrue(Equal.equals(instant, DateTime.unsafeMake("2024-07-23T20:01:07Z")))
    assert.strictEqual(DateTime.formatIso(at(0)), "1970-01-01T00:00:00.000Z")
    assert.strictEqual(DateTime.formatIso(at(-1)), "1969-12-31T23:59:59.000Z")
  })

  it.prop("takes every created_at that decodes", { value: Permission }, ({ value }) => {
    assert.strictEqual(DateTime.toEpochMillis(createdAt(value)), value.created_at * 1000)
  })

  it("takes the first and the last instant there are", () => {
    for (const created_at of [8_640_000_000_000, -8_640_000_000_000]) {
      const value = Schema.decodeUnknownSync(Permission)({ ...permission, created_at })
      assert.strictEqual(DateTime.toEpochMillis(createdAt(value)), created_at * 1000)
    }
  })
})

describe("ListParams", () => {
  it.each([
    [{}],
    [{ limit: 1 }],
    [{ limit: 100 }],
    [{ limit: Number.MAX_SAFE_INTEGER }],
    [{ order: "ascending" }],
    [{ order: "descending" }],
    [{ project_id: "proj_a", after: "cp_a", limit: 20, order: "ascending" }],
    [{ project_id: undefined, after: undefined, limit: undefined, order: undefined }]
  ])("takes %j", (params) => {
    assert.deepStrictEqual(refusals(ListParams, params), [])
  })

  it("refuses a limit and an order as the protocol does", () => {
    for (const limit of [0, -1, 1.5, "10", null]) {
      assert.strictEqual(refusals(ListParams, { limit })[0], `limit: ${refuseLimit(limit)}`)
    }
    for (const order of ["asc", "", 1, null]) {
      assert.strictEqual(refusals(ListParams, { order })[0], `order: ${refuseOrder(order)}`)
    }
  })

  it.prop("takes a number as limit exactly when it is a positive integer", { limit: fc.double() }, ({ limit }) => {
    assert.strictEqual(accepts(ListParams, { limit }), Number.isSafeInteger(limit) && limit > 0)
  })
  it("refuses the identifiers that are refused elsewhere, by field", () => {
    assert.match(refusals(ListParams, { project_id: "" })[0] ?? "", /^project_id: the project id is empty/)
    assert.match(refusals(ListParams, { after: ".." })[0] ?? "", /^after: the permission id "\.\."/)
  })

  it.each(["before", "projectId", "Limit", "page_size", "constructor", "__proto__"])(
    "refuses the unknown %s",
    (key) => {
      const params = JSON.parse(`{"limit":10,${JSON.stringify(key)}:"x"}`)
      assert.match(refusals(ListParams, params)[0] ?? "", new RegExp(`^${key}: is unexpected`))
      assert.throws(() => Schema.encodeUnknownSync(ListParams)(params))
      assert.throws(() => Schema.validateSync(ListParams)(params))
    }
  )
})

describe("CreatePayload", () => {
  it("refuses an empty list and says what to do", () => {
    const [first] = refusals(CreatePayload, { project_ids: [] })
    assert.match(first ?? "", /^project_ids\.0: the list is empty: pass at least one project id/)
  })

  it("refuses a missing list, one that is not a list, and a project that is not one", () => {
    assert.match(refusals(CreatePayload, {})[0] ?? "", /^project_ids: is missing/)
    assert.match(refusals(CreatePayload, { project_ids: "proj_a" })[0] ?? "", /^project_ids: Expected/)
    assert.match(refusals(CreatePayload, { project_ids: ["proj_a", ""] })[0] ?? "", /^project_ids\.1: .* is empty/)
    assert.match(refusals(CreatePayload, { project_ids: [7] })[0] ?? "", /^project_ids\.0: Expected string/)
  })

  it.prop(
    "refuses any unknown field",
    { value: CreatePayload, key: fc.string({ unit: "binary" }).filter((key) => key !== "project_ids") },
    ({ value, key }) => {
      const payload = JSON.parse(`{${JSON.stringify(value).slice(1, -1)},${JSON.stringify(key)}:null}`)
      assert.isFalse(accepts(CreatePayload, payload))
      const params = JSON.parse(`{${JSON.stringify(key === "limit" ? "limits" : key)}:null}`)
      assert.isFalse(accepts(ListParams, params))
    }
  )
})
