import { Emulator } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { weather, world } from "./support/world.ts"

const server = Emulator.layer({ seed: { [weather]: ["proj_x", "proj_y"] } })
const none = `version: 1\ncheckpoints:\n  "${weather}":\n    projects: []\n`

describe("a variable of the environment", () => {
  it.scopedLive("stands in for an option that is left out, and no more", () =>
    Effect.gen(function* () {
      const { cli, home } = yield* world
      home.write("policy.yaml", none)
      const apply = ["apply", "-f", "policy.yaml", "-y", "--journal", "j"]
      const one = { CHECKPOINT_PERMISSIONS_MAX_REVOKES: "1", CHECKPOINT_PERMISSIONS_ACTOR: "quarterly" }
      const refused = yield* cli(apply, one)
      assert.strictEqual(refused.code, 5)
      assert.match(refused.stderr, /revokes 2 permissions, more than 1: /)
      const debug = ["--log-level", "debug"]
      const done = yield* cli([...apply, "--max-revokes", "2", ...debug], {
        ...one,
        CHECKPOINT_PERMISSIONS_RATE: "1/second"
      })
      assert.strictEqual(done.code, 0, done.stderr)
      assert.match(done.stderr, /waits until \d\d:\d\d:\d\d: --rate/)
      const actors = home.read("j").trimEnd().split("\n")
      assert.isTrue(actors.every((line) => JSON.parse(line).actor === "quarterly"))
    }).pipe(Effect.provide(server))
  )

  it.scopedLive("names the store of a job, and gives way to what does not go with one", () =>
    Effect.gen(function* () {
      const { cli, home } = yield* world
      home.write("policy.yaml", none)
      const store = { CHECKPOINT_PERMISSIONS_STORE: `sqlite:${home.path}/access.db` }
      assert.strictEqual((yield* cli(["apply", "-f", "policy.yaml", "-y", "--dry-run"], store)).stderr, "")
      const audit = yield* cli(["audit", weather, "--project", "proj_x"], store)
      assert.deepStrictEqual([audit.code, audit.stderr], [0, ""])
      assert.isFalse(home.exists("access.db"))
      const applied = yield* cli(["apply", "-f", "policy.yaml", "-y"], store)
      assert.strictEqual(applied.code, 0, applied.stderr)
      assert.include(applied.stderr, "apply: job 1 is in sqlite:")
      assert.match((yield* cli(["jobs", "list"], store)).stdout, /^1 {2}apply {2}done /)
      const old = yield* cli(["jobs", "prune", "--older-than", "1h", "--dry-run"], store)
      assert.strictEqual(old.stdout, "0 jobs would be deleted.\n")
      const stop = yield* cli(["jobs", "stop", "1", "--dry-run"], store)
      assert.match(stop.stdout, /^1 {2}apply {2}done /)
      assert.strictEqual(stop.stderr, "jobs: job 1 has ended: there is nothing to stop\n")
      assert.deepStrictEqual(yield* cli(["jobs", "stop", "1"], store), stop)
    }).pipe(Effect.provide(server))
  )

  it.scopedLive("that makes no sense is refused by its name", () =>
    Effect.gen(function* () {
      const { cli, home } = yield* world
      home.write("policy.yaml", none)
      for (const [args, name, value, says] of [
        [["plan", "-f", "policy.yaml"], "RATE", "fast", "not a rate: pass requests a minute"],
        [["apply", "-f", "policy.yaml"], "MAX_REVOKES", "-1", "not a number of permissions: pass 0 or more"],
        [["apply", "-f", "policy.yaml"], "STORE", "file.db", "not a store: pass sqlite:<file>"],
        [["jobs", "list"], "STORE", "mysql://db", "not a store: pass sqlite:<file>"]
      ] as const) {
        const { code, stderr } = yield* cli(args, { [`CHECKPOINT_PERMISSIONS_${name}`]: value })
        assert.strictEqual(code, 2)
        assert.include(stderr, `checkpoint-permissions: CHECKPOINT_PERMISSIONS_${name}: ${says}`)
      }
    }).pipe(Effect.provide(server))
  )
})
