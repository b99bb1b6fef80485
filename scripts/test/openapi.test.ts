import { readFileSync } from "node:fs"
import { assert, describe, it } from "vitest"
import { differences } from "../openapi/compare.ts"
import { cut, operations } from "../openapi/cut.ts"
import { digest, eventTypesOf, made, textOf } from "../openapi/made.ts"
import { mend, type Node, rules } from "../openapi/mend.ts"

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
    assert.strictEqual(eventTypesOf(fixture), read("../../packages/fake/src/internal/organization/eventTypes.ts"))
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

describe("the comparison with another document", () => {
  const parameter = (schema: object, required = false) => ({ in: "query", name: "limit", required, schema })
  const refTo = (name: string) => ({ $ref: `#/components/schemas/${name}` })
  const replies = (name: string) => ({ 200: { description: "OK", content: { json: { schema: refTo(name) } } } })
  const get = (changes: object = {}) => ({
    parameters: [parameter({ type: "integer", maximum: 100 })],
    responses: replies("A"),
    ...changes
  })
  const field = (of: object, required: ReadonlyArray<string> = ["id"], name = "A") => ({
    type: "object",
    required,
    properties: { id: { type: "string" }, of: { enum: ["a", "b"], ...of }, next: refTo(name) }
  })
  const document = (operation: object, schemas: object = { A: field({}) }, others: object = {}) => ({
    paths: { "/x": { get: operation }, ...others },
    components: { schemas }
  })

  it.each<readonly [string, Node, ReadonlyArray<string>]>([
    ["nothing", document(get()), []],
    ["another order", document(get(), { A: field({ enum: ["b", "a"] }) }), []],
    ["another name", document(get({ responses: replies("B") }), { B: field({}, ["id"], "B") }), []],
    ["a path", document(get(), { A: field({}) }, { "/y": { put: {} } }), ["+ PUT /y"]],
    [
      "a parameter",
      document(get({ parameters: [parameter({ type: "string", maximum: 100 }, true)] })),
      ["+ GET /x, query limit, required", "- GET /x, query limit: integer", "+ GET /x, query limit: string"]
    ],
    [
      "a bound",
      document(get({ parameters: [parameter({ type: "integer", maximum: 50 })] })),
      ["- GET /x, query limit, maximum: 100", "+ GET /x, query limit, maximum: 50"]
    ],
    ["a status", document(get({ responses: { ...replies("A"), 429: {} } })), ["+ GET /x, 429"]],
    [
      "a required field, a type and an enumeration",
      document(get(), { A: field({ enum: ["a", "c"], type: "string" }, ["id", "of"]) }),
      [
        '- GET /x, 200 json.of = "b"',
        '+ GET /x, 200 json.of = "c"',
        "+ GET /x, 200 json.of, required",
        "+ GET /x, 200 json.of: string"
      ]
    ],
    [
      "text that could end a code block, escaped",
      document(get(), { A: field({ enum: ["a", "b", "```\u001b"] }) }),
      ['+ GET /x, 200 json.of = "\\u{60}\\u{60}\\u{60}\\u001b"']
    ]
  ])("finds %s", (_, after, expected) => {
    assert.deepStrictEqual(differences(document(get()), after), expected)
  })
})
