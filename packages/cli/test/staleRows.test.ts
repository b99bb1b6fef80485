import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { Emulator, FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { cli } from "./support/inProcess.ts"
import { folder } from "./support/world.ts"

/** A server, and a state folder that is not there yet. */
const setting = Effect.gen(function* () {
  const { baseUrl } = yield* Emulator.Emulator
  const fake = yield* FakePermissions.FakePermissions
  const { path } = yield* folder
  const env = { OPENAI_ADMIN_KEY: "sk-admin-0123456789abcdef", OPENAI_BASE_URL: baseUrl }
  const run = (...args: ReadonlyArray<string>) => cli([...args, "--state-dir", join(path, "state")], { env })
  return { fake, path, run }
})

describe("rows that an audit saved", () => {
  it.scopedLive("are forgotten by an apply that began before there was a state folder", () =>
    Effect.gen(function* () {
      const { fake, path, run } = yield* setting
      const policy = join(path, "policy.yaml")
      writeFileSync(
        policy,
        'version: 1\ncheckpoints:\n  "ft:a":\n    projects: [proj_new]\n  "ft:b":\n    projects: []\n'
      )
      yield* fake.inject(Faults.latency({ before: "4 seconds" }), { operation: "list", checkpoint: "ft:b" })
      const applying = yield* Effect.fork(run("apply", "--file", policy, "--yes", "--no-lock"))
      yield* fake.awaitRequests(2)
      yield* run("audit", "ft:a", "ft:c", "--max-duration", "1ms")
      yield* run("audit", "ft:a", "ft:c", "--max-duration", "2s")
      yield* Fiber.join(applying)
      const after = yield* run("audit", "ft:a", "ft:c", "--json")
      assert.include(after.stdout, "proj_new")
      assert.notInclude(after.stdout, "proj_old")
    }).pipe(Effect.provide(Emulator.layer({ seed: { "ft:a": ["proj_old"] } })))
  )

  it.scopedLive("are removed when every checkpoint was asked for, though one could not be read", () =>
    Effect.gen(function* () {
      const { fake, run } = yield* setting
      yield* fake.inject(Faults.error(404), { operation: "list", checkpoint: "ft:gone", times: 100 })
      assert.strictEqual((yield* run("audit", "ft:a", "ft:gone", "--json")).code, 4)
      yield* fake.seed({ "ft:a": ["proj_hand"] })
      const after = yield* run("audit", "ft:a", "ft:gone", "--json")
      assert.include(after.stdout, "proj_hand")
      assert.notInclude(after.stderr, "goes on with")
    }).pipe(Effect.provide(Emulator.layer({ seed: { "ft:a": ["proj_old"] } })))
  )
})
