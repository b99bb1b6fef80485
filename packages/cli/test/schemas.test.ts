import { mkdirSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { schemas, writeSchemas } from "../schemas.ts"
import { faultOf, holdAgainstSchemas } from "./support/schemas.ts"
import { scoped } from "./support/test.ts"
import { folder } from "./support/world.ts"

const names = ["audit", "doctor", "drift", "history", "inventory", "journal", "plan", "step"]

describe("schemas", () => {
  scoped("are written where the exports of the package name them, and nothing else stays there", function* () {
    const home = yield* folder
    mkdirSync(join(home.path, "schemas"))
    home.write("schemas/job.schema.json", "{}")
    writeSchemas(home.path, "cli/")
    assert.sameMembers(readdirSync(home.path), ["emulator.schema.json", "schemas"])
    assert.sameMembers(
      readdirSync(join(home.path, "schemas")),
      names.map((name) => `${name}.schema.json`)
    )
    assert.deepStrictEqual(
      JSON.parse(home.read("schemas/plan.schema.json")),
      JSON.parse(JSON.stringify(schemas["cli/schemas/plan.schema.json"]))
    )
    writeSchemas(home.path, "access/")
    assert.sameMembers(readdirSync(home.path), ["emulator.schema.json", "policy.schema.json"])
  })

  it("are in the package, for those who install it", () => {
    const { exports, files, publishConfig } = JSON.parse(
      readFileSync(new URL("../package.json", import.meta.url), "utf8")
    )
    assert.includeMembers(files, ["emulator.schema.json", "schemas"])
    for (const path of ["./emulator.schema.json", "./schemas/*.json"]) {
      assert.strictEqual(exports[path], path)
      assert.strictEqual(publishConfig.exports[path], path)
    }
  })

  it("refuse other documents, and additional fields", () => {
    const drift = { format: "checkpoint-permissions/drift", version: 1 }
    assert.isString(faultOf("drift", drift))
    assert.throws(() => holdAgainstSchemas(JSON.stringify(drift)))
    assert.throws(() => holdAgainstSchemas(`{"format":"checkpoint-permissions/histories"}`), /no schema for/)
    assert.throws(() => holdAgainstSchemas(`{"_tag":"Revoked","checkpoint":"ft:a"}\n`))
    const skipped = { _tag: "Skipped", checkpoint: "ft:a", project_id: "proj_a", permission: "cp_1" }
    assert.isUndefined(faultOf("step", skipped))
    assert.isString(faultOf("step", { ...skipped, more: 1 }))
  })
})
