import { readFileSync } from "node:fs"
import { behavior, emulator, faults, makeFetch } from "@checkpoint-permissions/fake"
import { assert, describe, it } from "@effect/vitest"
import { Ajv } from "ajv"
import { Either } from "effect"
import { parse } from "yaml"
import { schemas } from "../schemas.ts"
import { accepted } from "../src/internal/input/document.ts"

const schema = JSON.parse(JSON.stringify(schemas["cli/emulator.schema.json"]))
const fits = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: true }).compile(schema)

const isTaken = (value: unknown): boolean => Either.isRight(accepted(() => emulator.parseSettings(value)))

const names = Object.keys(behavior.defaults)
const set = (name: string, value: unknown) => ({ behavior: { [name]: value } })

const listed = Object.entries(behavior.unknowns).flatMap(([name, values]) =>
  values.map((value): readonly [string, unknown] => [`${name}: ${value}`, set(name, value)])
)

const good: ReadonlyArray<readonly [what: string, value: unknown]> = [
  ["nothing", {}],
  ["the field of editors", { $schema: "./emulator.schema.json" }],
  ...Object.entries(emulator.presets),
  ...listed,
  [
    "everything",
    {
      behavior: {
        ...behavior.defaults,
        listingLag: "0ms",
        auditLag: "1 minute",
        latency: "1s",
        replyLatency: "100ms-2s"
      }
    }
  ],
  ["a range of two", set("latency", { min: "5ms", max: "0.5s" })],
  ...[
    "10/minute",
    "2/s",
    "1/6s",
    "0.5 / 2 minutes",
    "600/h",
    "1/1m30s",
    "3/0h5m",
    "unlimited",
    { requests: 0.5, per: "1s", burst: 1 }
  ].map((rate): readonly [string, unknown] => [`rate ${JSON.stringify(rate)}`, set("rate", rate)]),
  ...["1 milli", "2 millis", "3s", "4 seconds", "5m", "6 mins", "1 hour", "2h", "1h30m", "1 day", "1m0s"].map(
    (lag): readonly [string, unknown] => [`a lag of ${lag}`, set("listingLag", lag)]
  ),
  ["a range of compounds", set("latency", "1s500ms - 1m30s")],
  ["events that are late", set("auditLag", "1h-2 days")],
  ["a reach of the log", set("auditReach", "180 days")],
  ["a share of the dashboard's changes", set("dashboardEvents", 0.66)],
  ["one quota for lists and deletes", set("rate", { requests: 10, per: "1m", scope: "list-delete" })],
  ["the id of a key", set("keys", [{ key: "sk-admin-ci", scopes: [], id: "key_ci" }])],
  ["keys", set("keys", [{ key: "My Admin API Key", scopes: [], project: "proj_a" }])],
  ["keys with every scope", set("keys", [{ key: "sk-admin-1", scopes: behavior.words.scopes }])],
  ...(["unknownKeys", "unknownCheckpoints"] as const).flatMap((name) =>
    behavior.words[name].map((word): readonly [string, unknown] => [`${name}: ${word}`, set(name, word)])
  ),
  ...Object.entries(behavior.words.rate).flatMap(([name, words]) =>
    words.map((word): readonly [string, unknown] => [
      `${name} of a rate: ${word}`,
      set("rate", { requests: 1, per: "1s", [name]: word })
    ])
  ),
  ["short pages from a seed", set("shortPages", { seed: -3 })],
  ["owners", set("owners", { "ft:a": "proj_a" })],
  ...[
    0,
    1,
    0.2,
    { probability: 0.5, kinds: ["huge"], atMost: 0 },
    [],
    { entries: [{ fault: "drop-after", nth: 2 }] }
  ].map((plan): readonly [string, unknown] => [`faults ${JSON.stringify(plan)}`, { faults: plan, randomSeed: 7 }]),
  ...faults.kinds.map((kind): readonly [string, unknown] => [`fault ${kind}`, { faults: [{ fault: kind }] }]),
  ["a fault as an object", { faults: [{ fault: { _tag: "Latency", before: "2s" }, operation: "list", times: 3 }] }]
]

const bad: ReadonlyArray<readonly [what: string, value: unknown]> = [
  ["null", null],
  ["another name", { behaviour: {} }],
  ["another setting", set("colour", "red")],
  ["regrant: twice", set("regrant", "twice")],
  ["a bare number as a duration", set("latency", 300)],
  ["a rate of none", set("rate", "0/minute")],
  ["a rate in no time", set("rate", "1/0s")],
  ["a rate without a time", set("rate", { requests: 3 })],
  ["a burst below 1", set("rate", { requests: 3, per: "1s", burst: 0 })],
  ["a limit of 0", set("defaultLimit", 0)],
  ["a checkpoint of another kind", set("checkpoints", ["ftckpt_1"])],
  ["a key with white space at its end", set("keys", [{ key: "sk-1 ", scopes: [] }])],
  ["a probability of 3", { faults: 3 }],
  ["another kind of fault", { faults: { probability: 1, kinds: ["fire"] } }],
  ["an entry without a fault", { faults: [{ operation: "list" }] }],
  ["a random seed of 0.5", { randomSeed: 0.5 }]
]

const page = readFileSync(new URL("../../../docs/emulator.md", import.meta.url), "utf8")

/** The cells of the rows of a table of the page. */
const rowsOf = (section: string): ReadonlyArray<ReadonlyArray<string>> =>
  (page.split("\n## ").find((part) => part.startsWith(`${section}\n`)) ?? "")
    .split("\n")
    .flatMap((line) =>
      line.startsWith("| `") ? [line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, ""))] : []
    )

const code = (cell = ""): string => cell.replaceAll("`", "")

describe("the page of the emulator", () => {
  it("lists every kind of fault with its object, as the schema does", () => {
    const rows = rowsOf("Faults").map(([kind, object, sees = ""]) => {
      assert.match(sees, /\w/)
      return { kind: code(kind), object: JSON.parse(code(object)) }
    })
    const [names, objects] = schema.$defs.fault.anyOf
    assert.deepStrictEqual(
      rows.map(({ kind }) => kind),
      names.enum
    )
    assert.sameMembers([...new Set(rows.map(({ object }) => object._tag))], objects.properties._tag.enum)
    for (const { kind, object } of rows) {
      const [named, given] = [kind, object].map((fault) => {
        assert.isTrue(fits({ faults: [{ fault }] }), kind)
        const { faults } = emulator.parseSettings({ faults: [{ fault }] })
        return faults?._tag === "Scripted" ? faults.entries[0]?.fault : undefined
      })
      if (given?._tag !== "Reply") assert.deepStrictEqual(named, given, kind)
      else assert.deepInclude(named, { _tag: "Reply", status: given.status, worked: given.worked }, kind)
    }
  })

  it("lists every control route with the fields of its reply", async () => {
    const fetch = makeFetch()
    const bodies: Readonly<Record<string, unknown>> = {
      "POST /__fake/seed": { "ft:a": ["proj_a"] },
      "PATCH /__fake/behavior": {},
      "PUT /__fake/faults": { entries: [] },
      "POST /__fake/faults": { fault: "drop-after" },
      "POST /__fake/permissions/{checkpoint}": { project_id: "proj_b" },
      "POST /__fake/clock": { advance: "1s" }
    }
    const params: Record<string, string> = { checkpoint: "ft%3Aa" }
    const send = async (route: string) => {
      const [method = "", path = ""] = route.split(" ")
      const url = path.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? name)
      const body = route in bodies ? { body: JSON.stringify(bodies[route]) } : {}
      const headers = { "content-type": "application/json" }
      const reply = await fetch(`http://localhost${url}`, { method, headers, ...body })
      assert.isTrue(reply.ok, route)
      return JSON.parse(await reply.text())
    }
    const { routes } = await send("GET /__fake")
    const rows = rowsOf("Control routes")
    const toPath = (path: string) => path.replace(/:(\w+)/g, (_, name) => `{${name === "server" ? "id" : name}}`)
    assert.sameMembers(
      rows.map(([route]) => code(route)),
      routes.map(({ method, path }: { method: string; path: string }) => `${method} ${toPath(path)}`)
    )
    for (const [route, , shown = ""] of rows) {
      const reply = await send(code(route))
      if (typeof reply.id === "string") params["id"] = reply.id
      const fields = Array.from(shown.matchAll(/"([^"]+)"/g), ([, name = ""]) => name.replace("<checkpoint>", "ft:a"))
      if (shown.includes(", …}")) assert.containsAllKeys(reply, fields, code(route))
      else assert.deepStrictEqual(Object.keys(reply).toSorted(), fields.toSorted(), code(route))
    }
  })

  it("shows a settings file that the emulator and the schema accept", () => {
    const settings: unknown = parse(/^```yaml\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? "")
    const { behavior, faults } = emulator.parseSettings(settings)
    assert.strictEqual(behavior?.listingLag, 2000)
    assert.lengthOf(faults?._tag === "Scripted" ? faults.entries : [], 2)
    assert.isTrue(fits(settings), JSON.stringify(fits.errors))
  })
})

describe("emulator.schema.json", () => {
  it("names every setting, each with a description, and no other", () => {
    const { properties } = schema.properties.behavior
    assert.sameMembers(Object.keys(properties), names)
    for (const name of names) assert.isString(properties[name].description, name)
  })

  it("has the words of the fake", () => {
    const { keys, rate, unknownCheckpoints, unknownKeys } = schema.properties.behavior.properties
    const { words } = behavior
    const { headers, refill, scope, text } = rate.anyOf[2].properties
    assert.deepStrictEqual(keys.anyOf[1].items.properties.scopes.items.enum, words.scopes)
    assert.deepStrictEqual(unknownCheckpoints.enum, words.unknownCheckpoints)
    assert.deepStrictEqual(unknownKeys.enum, words.unknownKeys)
    assert.deepStrictEqual(
      { scope: scope.enum, refill: refill.enum, headers: headers.anyOf[0].enum, text: text.anyOf[0].enum },
      words.rate
    )
  })

  it("contains every kind of fault and operation", () => {
    assert.sameMembers(schema.$defs.fault.anyOf[0].enum, [...faults.kinds])
    assert.sameMembers(schema.$defs.operation.enum, [...faults.operations])
  })

  it.each(good)("accepts %s, as the emulator does", (_, value) => {
    assert.isTrue(fits(value), JSON.stringify(fits.errors))
    emulator.parseSettings(value)
  })

  it.each(bad)("refuses %s, as the emulator does", (_, value) => {
    assert.isFalse(isTaken(value))
    assert.isFalse(fits(value))
  })
})
