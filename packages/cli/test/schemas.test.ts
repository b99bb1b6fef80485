import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { documents, faultOf, holdAgainstSchemas } from "./support/schemas.ts"

const folder = new URL("../schemas/", import.meta.url)
const fileOf = (name: string): URL => new URL(`${name}.schema.json`, folder)

describe("schemas", () => {
  it("are the files that the package ships", () => {
    if (process.env["UPDATE_SCHEMAS"] !== undefined) {
      for (const [name, schema] of Object.entries(documents)) {
        writeFileSync(fileOf(name), `${JSON.stringify(schema, null, 2)}\n`)
      }
    }
    assert.deepStrictEqual(
      readdirSync(folder),
      Object.keys(documents).map((name) => `${name}.schema.json`)
    )
    for (const [name, schema] of Object.entries(documents)) {
      assert.deepStrictEqual(
        JSON.parse(readFileSync(fileOf(name), "utf8")),
        JSON.parse(JSON.stringify(schema)),
        `${name} is stale: run UPDATE_SCHEMAS=1 npx vitest run --project cli schemas, then npm run check`
      )
    }
  })

  it("refuse what is no such document, and what has more in it", () => {
    const diff = { format: "checkpoint-permissions/diff", version: 2 }
    assert.isString(faultOf("diff", diff))
    assert.throws(() => holdAgainstSchemas(JSON.stringify(diff)))
    assert.throws(() => holdAgainstSchemas(`{"format":"checkpoint-permissions/histories"}`), /no schema for/)
    assert.throws(() => holdAgainstSchemas(`{"_tag":"Revoked","checkpoint":"ft:a"}\n`))
    const skipped = { _tag: "LockedOut", checkpoint: "ft:a", reason: "busy" }
    assert.isUndefined(faultOf("step", skipped))
    assert.isString(faultOf("step", { ...skipped, more: 1 }))
  })
})
