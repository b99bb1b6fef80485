import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Emulator, FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { cli, withoutPauses } from "./support/inProcess.ts"

const closed = Object.assign(new Error("EPIPE"), { code: "EPIPE" })
const full = Object.assign(new Error("ENOSPC"), { code: "ENOSPC" })

const policy = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "checkpoint-permissions-closed-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
  ),
  (folder) => {
    const path = join(folder, "policy.yaml")
    writeFileSync(path, 'version: 1\ncheckpoints:\n  "ft:a":\n    projects: [proj_new]\n')
    return path
  }
)

const env = Effect.map(Emulator.Emulator, ({ baseUrl }) => ({
  OPENAI_ADMIN_KEY: "sk-admin-0123456789abcdef",
  OPENAI_BASE_URL: baseUrl
}))

const projects = Effect.flatMap(FakePermissions.FakePermissions, (fake) => fake.projects("ft:a"))

const server = Emulator.layer({ seed: { "ft:a": ["proj_old"] } })

describe("a standard output that nobody reads", () => {
  it.scopedLive("changes neither what apply does nor what plan and audit exit with", () =>
    Effect.gen(function* () {
      const [file, around] = [yield* policy, { env: yield* env, closed }]
      assert.strictEqual((yield* cli(["plan", "--file", file, "--exit-code"], around)).code, 3)
      assert.strictEqual((yield* cli(["audit", "ft:a", "ft:b"], around)).code, 0)
      assert.strictEqual((yield* cli(["apply", "--file", file, "--yes"], around)).code, 0)
      assert.deepStrictEqual(yield* projects, ["proj_new"])
      const revoked = yield* cli(["revoke", "--everywhere", "proj_new", "--from", file, "--yes"], around)
      assert.strictEqual(revoked.code, 0, revoked.stderr)
      assert.deepStrictEqual(yield* projects, [])
    }).pipe(Effect.provide(server))
  )

  it.scopedLive("on a full disk keeps apply from beginning", () =>
    Effect.gen(function* () {
      const file = yield* policy
      const outcome = yield* cli(["apply", "--file", file, "--yes"], { env: yield* env, closed: full })
      assert.strictEqual(outcome.code, 1)
      assert.include(outcome.stderr, "standard output cannot be written: ENOSPC")
      assert.deepStrictEqual(yield* projects, ["proj_old"])
    }).pipe(Effect.provide(server))
  )

  it.scopedLive.each([
    ["its steps", "1 to revoke"],
    ["its summary", "\n- proj_old  ft:a"]
  ])("on a disk that is full before %s keeps apply from nothing, and it says what it did", ([, closedAfter]) =>
    Effect.gen(function* () {
      const around = { env: yield* env, closed: full, closedAfter }
      const { code, stderr } = yield* cli(["apply", "--file", yield* policy, "--yes"], around)
      assert.strictEqual(code, 1)
      assert.match(
        stderr,
        /apply: standard output cannot be written: ENOSPC; 1 of 1 checkpoint was as .*: 1 granted, 1 revoked\n$/
      )
      assert.deepStrictEqual(yield* projects, ["proj_new"])
    }).pipe(Effect.provide(server))
  )

  it.scopedLive.each([
    ["api create", "proj_new", ["proj_old", "proj_new"]],
    ["grant", "proj_new", ["proj_old", "proj_new"]],
    ["revoke", "proj_old", []],
    ["api delete", "cp_old", []]
  ] as const)("on a full disk does not keep silent what %s has done", ([command, target, after]) =>
    Effect.forEach([[], ["--json"]], (flags) =>
      Effect.gen(function* () {
        const outcome = yield* cli([...command.split(" "), "ft:a", target, ...flags], { env: yield* env, closed: full })
        assert.strictEqual(outcome.code, 1)
        assert.match(
          outcome.stderr,
          new RegExp(`${command} ft:a: standard output cannot be written: ENOSPC; it was carried out anyway: see list`)
        )
        assert.sameMembers([...(yield* projects)], [...after])
      }).pipe(Effect.provide(Emulator.layer({ seed: { "ft:a": [{ project_id: "proj_old", id: "cp_old" }] } })))
    )
  )
})

describe("a grant or a revoke that fails on the way", () => {
  it.scopedLive("says that a part may be done, if it sent a write that was not certainly refused", () =>
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions
      const run = (args: ReadonlyArray<string>, ...faults: Parameters<typeof Faults.scripted>[0]) =>
        Effect.zipRight(
          fake.setFaults(Faults.scripted(faults)),
          Effect.flatMap(env, (env) => cli([...args, "--no-lock"], { env }))
        )
      const part = /; a part may be done all the same: run it again\n$/
      const unread = yield* run(["grant", "ft:a", "proj_new"], { fault: Faults.error(400), operation: "list", nth: 2 })
      assert.strictEqual(unread.code, 4)
      assert.match(unread.stderr, part)
      assert.deepStrictEqual(yield* projects, ["proj_old", "proj_new"])
      const lost = yield* run(
        ["grant", "ft:a", "proj_other"],
        { fault: Faults.dropAfter(), operation: "create" },
        { fault: Faults.error(400), operation: "list", nth: 2 }
      )
      assert.strictEqual(lost.code, 4)
      assert.match(lost.stderr, part)
      const revoked = yield* run(["revoke", "ft:a", "proj_new", "proj_old"], {
        fault: Faults.error(403),
        operation: "delete",
        nth: 2
      })
      assert.strictEqual(revoked.code, 4)
      assert.match(revoked.stderr, part)
      for (const args of [
        ["grant", "ft:a", "proj_third"],
        ["revoke", "ft:a", "proj_other"]
      ]) {
        const refused = yield* run(args, { fault: Faults.error(403) })
        assert.strictEqual(refused.code, 1)
        assert.notInclude(refused.stderr, "may be done")
      }
    }).pipe(Effect.provide(server))
  )
})

describe("a grant on a server whose listing lags", () => {
  it.scopedLive("says what the server answered, and exits with 4", () =>
    Effect.gen(function* () {
      const outcome = yield* withoutPauses("20 seconds")(
        cli(["grant", "ft:a", "proj_new", "--no-lock"], { env: yield* env })
      )
      assert.strictEqual(outcome.code, 4)
      assert.strictEqual(outcome.stdout, "granted proj_new by the server's reply, not in its listing yet\n")
      assert.include(outcome.stderr, "not in its listing half a minute later")
    }).pipe(Effect.provide(Emulator.layer({ behavior: { listingLag: "10 minutes" } })))
  )
})
