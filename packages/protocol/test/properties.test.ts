import { assert, describe, it } from "vitest"
import { readProperties } from "../src/internal/input.ts"

const rule = (value: unknown, field: string) => (value === "no" ? field : undefined)
const rules = { limit: rule, order: rule, project_id: rule, apiUrl: rule }
const none = { limit: undefined, order: undefined, project_id: undefined, apiUrl: undefined }
const read = (value: unknown) => readProperties("options", value, rules, { orgId: "limit" })
describe("properties", () => {
  it.each<readonly [unknown, string]>([
    [undefined, "undefined"],
    [null, "null"],
    [7, "7"],
    ["sk-admin-1", '"sk-…"'],
    [[], "an array"],
    [() => 1, "a function"],
    [Symbol("x"), "Symbol(x)"]
  ])("are those of an object, not of %s", (value, shown) => {
    assert.deepStrictEqual(read(value), { field: "options", reason: `options is ${shown}: pass an object` })
  })

  it("are all read before the first is checked, each once", () => {
    let reads = 0
    const value = {
      limit: "no",
      get order() {
        reads += 1
        return reads === 1 ? 5 : "no"
      }
    }
    assert.deepStrictEqual(read(value), { field: "limit", reason: "limit" })
    assert.strictEqual(reads, 1)
  })

  const known = "known names: limit, order, project_id, apiUrl"
  it.each<readonly [PropertyKey, string, string | undefined]>([
    ["limt", "limt", undefined],
    ["ORGID", "ORGID", "limit"],
    ["before", "before", undefined],
    ["constructor", "constructor", undefined],
    ["__proto__", "__proto__", undefined],
    ["", "", undefined],
    ["a\nb", "a b", undefined],
    ["sk-admin-1", "sk-…", undefined],
    ["x".repeat(1000), `${"x".repeat(79)}…`, undefined],
    [Symbol("limit"), "Symbol(limit)", undefined]
  ])("of the unknown name %s are refused", (name, field, meant) => {
    const value = Object.defineProperty({ limit: 1 }, name, { value: undefined, enumerable: true })
    const reason = `unknown name: ${meant === undefined ? "" : `did you mean ${meant}? `}${known}`
    assert.deepStrictEqual(read(value), { field, reason })
    assert.deepInclude(readProperties("options", value, rules), { ok: { ...none, limit: 1 } })
  })
})
