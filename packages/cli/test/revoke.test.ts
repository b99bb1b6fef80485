import { Emulator, FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { cli } from "./support/inProcess.ts"
import { folder, test } from "./support/world.ts"

const seed = {
  "ft:a": ["proj_x", "proj_keep"],
  "ft:b": ["proj_x", "proj_y", "proj_x"],
  "ft:c": ["proj_keep"],
  "ft:other": ["proj_x"]
}

const desk = Effect.gen(function* () {
  const { baseUrl } = yield* Emulator.Emulator
  const fake = yield* FakePermissions.FakePermissions
  const home = yield* folder
  const ids = home.write("ids.txt", "ft:a\nft:b\nft:c\n")
  const env = { OPENAI_ADMIN_KEY: "sk-admin-0123456789", OPENAI_BASE_URL: baseUrl }
  const revoke = (...args: ReadonlyArray<string>) => cli(["revoke", "--everywhere", ...args, "--from", ids], { env })
  return { env, fake, ids, revoke }
})

const server = Emulator.layer({ seed, behavior: { regrant: "second" } })

describe("revoke --everywhere", () => {
  test("shows a plan, needs a confirmation, and says of how many checkpoints it speaks", server, function* () {
    const { fake, revoke } = yield* desk
    const refused = yield* revoke("proj_x", "proj_y")
    assert.strictEqual(refused.code, 5)
    assert.include(refused.stdout, "3 checkpoints: 0 to grant, 4 to revoke, ")
    assert.match(refused.stderr, /revoke: it revokes 4 permissions, and there is no terminal/)
    assert.match((yield* revoke("proj_x", "proj_y", "--yes", "--max-revokes", "3")).stderr, /more than 3/)
    assert.deepStrictEqual(yield* fake.projects("ft:a"), ["proj_x", "proj_keep"])

    const done = yield* revoke("proj_x", "proj_y", "--yes")
    assert.strictEqual(done.code, 0, done.stderr)
    assert.match(
      done.stdout,
      /✓ 3 of 3 checkpoints that you named were without a permission of these 2 projects when read \(.*\): 0 granted, 4 revoked; a project that owns the model has access without one\.\n$/
    )
    assert.deepStrictEqual(yield* fake.projects("ft:a"), ["proj_keep"])
    assert.deepStrictEqual(yield* fake.projects("ft:b"), [])
    assert.deepStrictEqual(yield* fake.projects("ft:other"), ["proj_x"])
    assert.include(
      (yield* revoke("proj_x")).stdout,
      "that you named were without a permission of this project when read"
    )
  })

  test("says at a terminal how far it is, and how long the rest takes", server, function* () {
    const { env, ids } = yield* desk
    const args = ["revoke", "--everywhere", "proj_x", "--yes", "--from", ids]
    const { code, stderr } = yield* cli(args, { env, terminal: true })
    assert.strictEqual(code, 0, stderr)
    assert.match(stderr, /Reads 3 checkpoints, /)
    assert.match(stderr, /revoke: 1 of 3 read; left: /)
    assert.match(stderr, /revoke: \d of \d; left: /)
  })

  test(
    "says what was read, since the owner has access without a permission",
    Emulator.layer({ seed, behavior: { owners: { "ft:a": "proj_own" } } }),
    function* () {
      const { env, revoke } = yield* desk
      const everywhere = yield* revoke("proj_own", "--yes")
      assert.match(
        everywhere.stdout,
        /✓ 3 of 3 checkpoints that you named were without a permission of this project when read \(.*\): 0 granted, 0 revoked; a project that owns the model has access without one\.\n$/
      )
      const json = yield* revoke("proj_own", "--yes", "--json")
      assert.match(json.stdout, /^\{"_tag":"Summary",.*"owners":"unknown"\}$/m)
      const one = yield* cli(["revoke", "ft:a", "proj_own"], { env })
      assert.strictEqual(
        one.stdout,
        "not needed: proj_own had no permission (a project that owns the model has access without one)\n"
      )

      const audit = (...args: ReadonlyArray<string>) =>
        Effect.map(cli(["audit", "ft:a", "--project", "proj_own", ...args], { env }), ({ stdout }) => stdout)
      const unknown = "the owner of 1 checkpoint is not known, and has access without a permission"
      assert.match(yield* audit(), /^• ft:a +-$/m)
      assert.include(yield* audit(), `1 checkpoint, 1 project: 0 with a permission; ${unknown}\n`)
      assert.match(yield* audit("--format", "list"), /^ +none +proj_own: no permission$/m)
      assert.match(yield* audit("--format", "csv"), /^ft:a,\S+,yes,,no permission\r$/m)
      assert.match(yield* audit("--format", "csv-list"), /^ft:a,proj_own,,no permission,/m)
      assert.strictEqual(JSON.parse(yield* audit("--json")).rows[0].owner, null)
      assert.include(yield* audit("--format", "html"), unknown)
    }
  )

  test("says no access where the owner is known", server, function* () {
    const { env } = yield* desk
    const home = yield* folder
    const policy = home.write(
      "policy.yaml",
      'version: 1\ncheckpoints:\n  "ft:a":\n    owner: proj_own\n    projects: []\n'
    )
    const audit = (project: string, ...args: ReadonlyArray<string>) =>
      Effect.map(cli(["audit", "--from", policy, "--project", project, ...args], { env }), ({ stdout }) => stdout)
    assert.match(yield* audit("proj_none"), /^• ft:a +none$/m)
    assert.match(yield* audit("proj_none"), /^1 checkpoint, 1 project: 0 with a permission$/m)
    assert.match(yield* audit("proj_own"), /^• ft:a +owner$/m)
    assert.match(yield* audit("proj_none", "--format", "list"), /^ +none +proj_none: no access$/m)
    assert.match(yield* audit("proj_none", "--format", "csv"), /^ft:a,\S+,yes,,none\r$/m)
    assert.strictEqual(JSON.parse(yield* audit("proj_none", "--json")).rows[0].owner, "proj_own")
  })

  test("counts a checkpoint that could not be read among those that were named", server, function* () {
    const { fake, revoke } = yield* desk
    yield* fake.inject(Faults.error(400), { checkpoint: "ft:c", times: 9 })
    const { code, stderr } = yield* revoke("proj_x", "--yes")
    assert.strictEqual(code, 4)
    assert.match(stderr, /revoke: 2 of 3 checkpoints that you named were without .*; 1 checkpoint could not be read/)
  })

  test("needs checkpoints and projects; what belongs to it belongs to it only", server, function* () {
    const { env } = yield* desk
    const wrong = (args: ReadonlyArray<string>) => cli(["revoke", ...args], { env })
    for (const [args, says] of [
      [["--everywhere", "proj_x"], /--everywhere needs checkpoints: pass --from <file>/],
      [["--everywhere", "ft:a", "proj_x", "--from", "-"], /project/],
      [["--everywhere"], /missing argument/],
      [["ft:a", "proj_x", "--yes"], /--yes goes with --everywhere/],
      [["ft:a"], /missing argument <project>/],
      [["proj_x", "proj_y"], /pass the model name/]
    ] as const) {
      const { code, stderr } = yield* wrong(args)
      assert.strictEqual(code, 2, stderr)
      assert.match(stderr, says)
    }
  })
})
