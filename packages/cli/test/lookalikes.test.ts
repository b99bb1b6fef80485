import { assert, describe, it } from "@effect/vitest"
import { lookalikes } from "../src/internal/output/lookalikes.ts"
import { cli, exits } from "./support/inProcess.ts"
import { scoped } from "./support/test.ts"
import { folder } from "./support/world.ts"

// The second letter is Cyrillic.
const strange = "pr\u043ej_001"
const warning = `"pr\u043ej_001" (with U+043E) looks like "proj_001": they are not the same`

describe("look-alikes", () => {
  it.each<readonly [ids: ReadonlyArray<string>, pairs: ReadonlyArray<readonly [string, string]>]>([
    [["proj_a", "pr\u043ej_a"], [["proj_a", "pr\u043ej_a"]]],
    [["pr\u043ej_a", "proj_a"], [["proj_a", "pr\u043ej_a"]]],
    [["\uff50roj_a", "proj_a"], [["proj_a", "\uff50roj_a"]]],
    [["pr\u00f6j_a", "proj_a"], [["proj_a", "pr\u00f6j_a"]]],
    [["pr\u043ej_a", "pr\u03bfj_a"], [["pr\u043ej_a", "pr\u03bfj_a"]]],
    [["pr\u043ej_a", "pr\u043ej_a"], []],
    [["pr\u043ej_a", "proj_b"], []],
    [["proj_l", "proj_1", "proj_I"], []]
  ])("of %j are %j", (ids, pairs) => {
    assert.deepStrictEqual(lookalikes(ids), pairs)
  })

  scoped("are named once by plan, apply, audit and grant", function* () {
    const home = yield* folder
    const policy = home.write("policy.yaml", `version: 1\ncheckpoints:\n  "ft:a":\n    projects: ["${strange}"]\n`)
    const audit = home.write("seed.json", JSON.stringify({ "ft:a": ["proj_001", strange] }))
    // Both are projects of the organization here; otherwise the strange one is refused.
    for (const args of [
      ["plan", "--file", policy, "--seed-file", audit],
      ["apply", "--file", policy, "--yes", "--max-revokes", "99", "--seed-file", audit],
      ["audit", "ft:a", "--seed-file", audit],
      ["grant", "ft:a", "proj_001", strange, "--seed-file", audit]
    ]) {
      const { stderr } = yield* exits(0, cli([...args, "--fake"]))
      assert.strictEqual(stderr.split("\n").filter((line) => line.includes("looks like")).length, 1, stderr)
      assert.include(stderr, `${warning}\n`)
    }
  })
})
