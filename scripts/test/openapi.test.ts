import { readFileSync } from "node:fs"
import { assert, describe, it } from "vitest"
import { cut, operations } from "../openapi/cut.ts"
import { digest, made, textOf } from "../openapi/made.ts"
import { mend, rules } from "../openapi/mend.ts"

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8")

const text = read("../../packages/fake/test/fixtures/openapi.json")
const fixture = JSON.parse(text)

const schema = (node: object) => ({ components: { schemas: { A: node } } })

describe("the fixture of OpenAI's OpenAPI document", () => {
  it("has every operation of the fake, and nothing that is left to correct or to cut", () => {
    assert.deepStrictEqual(mend(fixture).corrections, [])
    assert.deepStrictEqual(cut(fixture), fixture)
    const found = Object.entries<object>(fixture.paths).map(([path, item]) => [path, Object.keys(item)])
    assert.deepStrictEqual(Object.fromEntries(found), operations)
  })

  it("is what npm run fixture:openapi wrote, without an edit by hand", () => {
    assert.strictEqual(digest(text), JSON.parse(read("../openapi/origin.json")).fixtureSha256)
    assert.strictEqual(text, textOf(fixture))
    assert.strictEqual(made(text, "0".repeat(40)).fixture, text)
    assert.strictEqual(fixture.info.title, "OpenAI API")
    assert.property(fixture.paths["/organization/audit_logs"].get.responses, "429")
  })

  it.each([
    [0, { type: "number", minimum: 0, exclusiveMinimum: true }, { type: "number", exclusiveMinimum: 0 }],
    [1, { type: "object", nullable: true }, { type: ["object", "null"] }],
    [2, { type: "integer", format: "unixtime" }, { type: "integer", minimum: 0, maximum: 253_402_300_799 }],
    [
      3,
      { type: "array", items: { type: "number", min_items: 2, max_items: 2 } },
      { type: "array", items: { type: "number" }, minItems: 2, maxItems: 2 }
    ],
    [
      4,
      { properties: { id: { type: "string" } }, required: ["id"] },
      { type: "object", properties: { id: { type: "string" } }, required: ["id"] }
    ],
    [
      5,
      { a: { $ref: "#/components/schemas/A" }, b: { $ref: "#/components/x" } },
      { a: { $ref: "#/components/schemas/A" } }
    ]
  ])("rule %i corrects, and says where", (index, was, now) => {
    const { corrections, document } = mend(schema(was))
    assert.deepStrictEqual(document, schema(now))
    assert.deepStrictEqual(corrections, [{ rule: rules[index]?.name ?? "", at: "/components/schemas/A" }])
    assert.deepStrictEqual(mend(document).corrections, [])
  })

  it("what is right stays as it is", () => {
    const right = schema({
      type: "object",
      properties: { nullable: { type: "boolean" }, format: { enum: ["unixtime"] }, required: { type: "number" } }
    })
    assert.deepStrictEqual(mend(right), { document: right, corrections: [] })
  })

  it("cuts what the fake has no route for, what nothing needs, and prose", () => {
    const reply = { "200": { description: "OK", content: { a: { schema: { $ref: "#/components/schemas/A" } } } } }
    const document = {
      openapi: "3.1.0",
      info: { title: "API", version: "1", description: "Of an API." },
      paths: { "/models": { get: { summary: "Lists.", responses: reply }, put: {} }, "/files": { get: {} } },
      components: {
        schemas: {
          A: { description: "An A.", properties: { description: { $ref: "#/components/schemas/B" } } },
          B: { type: "string", "x-order": 1 },
          C: { type: "string" }
        }
      }
    }
    assert.deepStrictEqual(cut(document), {
      openapi: "3.1.0",
      info: { title: "API", version: "1" },
      paths: { "/models": { get: { responses: reply } } },
      components: {
        schemas: { A: { properties: { description: { $ref: "#/components/schemas/B" } } }, B: { type: "string" } }
      }
    })
  })
})
