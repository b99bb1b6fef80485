import { Emulator, Faults } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { exits } from "./support/inProcess.ts"
import { test } from "./support/test.ts"
import { world } from "./support/world.ts"

const seed = {
  "ft:a": ["proj_x", "proj_keep"],
  "ft:b": ["proj_x", "proj_y", "proj_x"],
  "ft:c": ["proj_keep"],
  "ft:other": ["proj_x"]
}

const desk = Effect.map(world, ({ home, ...there }) => {
  home.write("ids.txt", "ft:a\nft:b\nft:c\n")
  const everywhere = (...args: ReadonlyArray<string>) => ["revoke", "--everywhere", ...args, "--from", "ids.txt"]
  const audit = (from: ReadonlyArray<string>, project: string, ...args: ReadonlyArray<string>) =>
    Effect.map(there.cli(["audit", ...from, "--project", project, ...args]), ({ stdout }) => stdout)
  return {
    ...there,
    audit,
    everywhere,
    home,
    revoke: (...args: ReadonlyArray<string>) => there.cli(everywhere(...args))
  }
})

const server = Emulator.layer({ seed, behavior: { regrant: "second" } })

describe("revoke --everywhere", () => {
  test("shows a plan, needs a confirmation, and says of how many checkpoints it speaks", server, function* () {
    const { fake, revoke } = yield* desk
    const refused = yield* exits(5, revoke("proj_x", "proj_y"))
    assert.include(refused.stdout, "3 checkpoints: 0 to grant, 4 to revoke, ")
    assert.match(refused.stderr, /revoke: it revokes 4 permissions, and there is no terminal/)
    assert.match((yield* revoke("proj_x", "proj_y", "--yes", "--max-revokes", "3")).stderr, /more than 3/)
    assert.deepStrictEqual(yield* fake.projects("ft:a"), ["proj_x", "proj_keep"])

    const done = yield* exits(0, revoke("proj_x", "proj_y", "--yes"))
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
    const { cliIn, everywhere } = yield* desk
    const { stderr } = yield* exits(0, cliIn({ terminal: true }, everywhere("proj_x", "--yes")))
    assert.match(stderr, /Reads 3 checkpoints, /)
    assert.match(stderr, /revoke: 1 of 3 read; left: /)
    assert.match(stderr, /revoke: \d of \d; left: /)
  })

  test(
    "says what was read, since the owner has access without a permission",
    Emulator.layer({ seed, behavior: { owners: { "ft:a": "proj_own" } } }),
    function* () {
      const { audit, cli, revoke } = yield* desk
      const everywhere = yield* revoke("proj_own", "--yes")
      assert.match(
        everywhere.stdout,
        /✓ 3 of 3 checkpoints that you named were without a permission of this project when read \(.*\): 0 granted, 0 revoked; a project that owns the model has access without one\.\n$/
      )
      const json = yield* revoke("proj_own", "--yes", "--json")
      assert.match(json.stdout, /^\{"_tag":"Summary",.*"owners":"unknown"\}$/m)
      const one = yield* cli(["revoke", "ft:a", "proj_own"])
      assert.strictEqual(
        one.stdout,
        "not needed: proj_own had no permission (a project that owns the model has access without one)\n"
      )

      const shown = (...args: ReadonlyArray<string>) => audit(["ft:a"], "proj_own", ...args)
      assert.match(yield* shown(), /^• ft:a +-$/m)
      const unknown = "the owner of 1 checkpoint is not known, and has access without a permission"
      assert.include(yield* shown(), `1 checkpoint, 1 project: 0 with a permission; ${unknown}\n`)
      assert.match(yield* shown("--format", "list"), /^ +none +proj_own: no permission$/m)
      assert.match(yield* shown("--format", "csv"), /^ft:a,\S+,yes,,no permission\r$/m)
      assert.strictEqual(JSON.parse(yield* shown("--json")).rows[0].owner, null)
      assert.include(yield* shown("--format", "html"), unknown)
    }
  )

  test("says no access where the owner is known", server, function* () {
    const { audit, home } = yield* desk
    home.write("policy.yaml", 'version: 1\ncheckpoints:\n  "ft:a":\n    owner: proj_own\n    projects: []\n')
    const from = ["--from", "policy.yaml"]
    assert.match(yield* audit(from, "proj_none"), /^• ft:a +none$/m)
    assert.match(yield* audit(from, "proj_own"), /^• ft:a +owner$/m)
    assert.strictEqual(JSON.parse(yield* audit(from, "proj_none", "--json")).rows[0].owner, "proj_own")
  })

  test("counts a checkpoint that could not be read among those that were named", server, function* () {
    const { fake, revoke } = yield* desk
    yield* fake.inject(Faults.error(400), { checkpoint: "ft:c", times: 9 })
    const { stderr } = yield* exits(4, revoke("proj_x", "--yes"))
    assert.match(stderr, /revoke: 2 of 3 checkpoints that you named were without .*; 1 checkpoint could not be read/)
  })

  test("needs checkpoints and projects; what belongs to it belongs to it only", server, function* () {
    const { cli } = yield* desk
    for (const [args, says] of [
      [["--everywhere", "proj_x"], /--everywhere needs checkpoints: pass --from <file>/],
      [["--everywhere", "ft:a", "proj_x", "--from", "-"], /project/],
      [["--everywhere"], /missing argument/],
      [["ft:a", "proj_x", "--yes"], /--yes goes with --everywhere/],
      [["ft:a"], /missing argument <project>/],
      [["proj_x", "proj_y"], /pass the model name/]
    ] as const) {
      const { stderr } = yield* exits(2, cli(["revoke", ...args]))
      assert.match(stderr, says)
    }
  })
})
