import { Emulator } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { test } from "../../cluster/test/support/test.ts"
import { exits, jsonLines } from "./support/inProcess.ts"
import { weather, world } from "./support/world.ts"

const server = Emulator.layer({ seed: { [weather]: ["proj_x", "proj_y"] } })
const none = `version: 1\ncheckpoints:\n  "${weather}":\n    projects: []\n`

describe("a variable of the environment", () => {
  test("stands in for an option that is left out, and no more", server, function* () {
    const { cli, home } = yield* world
    home.write("policy.yaml", none)
    const apply = ["apply", "-f", "policy.yaml", "-y", "--journal", "j"]
    const one = { CHECKPOINT_PERMISSIONS_MAX_REVOKES: "1", CHECKPOINT_PERMISSIONS_ACTOR: "quarterly" }
    const refused = yield* exits(5, cli(apply, one))
    assert.match(refused.stderr, /revokes 2 permissions, more than 1: /)
    const debug = ["--log-level", "debug"]
    const done = yield* exits(
      0,
      cli([...apply, "--max-revokes", "2", ...debug], {
        ...one,
        CHECKPOINT_PERMISSIONS_RATE: "1/second"
      })
    )
    assert.match(done.stderr, /waits until \d\d:\d\d:\d\d: --rate/)
    assert.isTrue(jsonLines(home.read("j")).every(({ actor }) => actor === "quarterly"))
  })

  test("names the store of a job, and gives way to what does not go with one", server, function* () {
    const { cli, home } = yield* world
    home.write("policy.yaml", none)
    const store = { CHECKPOINT_PERMISSIONS_STORE: `sqlite:${home.path}/access.db` }
    assert.strictEqual((yield* cli(["apply", "-f", "policy.yaml", "-y", "--dry-run"], store)).stderr, "")
    const audit = yield* cli(["audit", weather, "--project", "proj_x"], store)
    assert.deepStrictEqual([audit.code, audit.stderr], [0, ""])
    assert.isFalse(home.exists("access.db"))
    const applied = yield* exits(0, cli(["apply", "-f", "policy.yaml", "-y"], store))
    assert.include(applied.stderr, "apply: job 1 is in sqlite:")
    assert.match((yield* cli(["jobs", "list"], store)).stdout, /^1 {2}apply {2}done /)
    const old = yield* cli(["jobs", "prune", "--older-than", "1h", "--dry-run"], store)
    assert.strictEqual(old.stdout, "0 jobs would be deleted.\n")
    const stop = yield* cli(["jobs", "stop", "1", "--dry-run"], store)
    assert.match(stop.stdout, /^1 {2}apply {2}done /)
    assert.strictEqual(stop.stderr, "jobs: job 1 has ended: there is nothing to stop\n")
    assert.deepStrictEqual(yield* cli(["jobs", "stop", "1"], store), stop)
  })

  test("that makes no sense is refused by its name", server, function* () {
    const { cli, home } = yield* world
    home.write("policy.yaml", none)
    for (const [args, name, value, says] of [
      [["plan", "-f", "policy.yaml"], "RATE", "fast", "not a rate: pass requests a minute"],
      [["apply", "-f", "policy.yaml"], "MAX_REVOKES", "-1", "not a number of permissions: pass 0 or more"],
      [["apply", "-f", "policy.yaml"], "STORE", "file.db", "not a store: pass sqlite:<file>"],
      [["jobs", "list"], "STORE", "mysql://db", "not a store: pass sqlite:<file>"]
    ] as const) {
      const { stderr } = yield* exits(2, cli(args, { [`CHECKPOINT_PERMISSIONS_${name}`]: value }))
      assert.include(stderr, `checkpoint-permissions: CHECKPOINT_PERMISSIONS_${name}: ${says}`)
    }
  })
})
