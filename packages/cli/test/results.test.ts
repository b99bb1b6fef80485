import { symlinkSync } from "node:fs"
import { Emulator, Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { exits } from "./support/inProcess.ts"
import { test } from "./support/test.ts"
import { old, organization, seed, weather, world } from "./support/world.ts"

const server = Emulator.layer({ seed, organization })
const unanswered = Faults.error(500, { headers: { "x-should-retry": "false" } })

/** Commands that save a result of several checkpoints, and what an incomplete one is missing. */
const saving: ReadonlyArray<readonly [command: string, args: ReadonlyArray<string>, says: RegExp]> = [
  ["plan", ["plan", "--file", "policy.yaml"], /1 checkpoint could not be read: no changes planned there/],
  ["audit", ["audit", weather, old, "--json"], /1 of 2 checkpoints incomplete/],
  ["export", ["export", weather, old, "--force"], /1 of 2 checkpoints incomplete/]
]

describe.concurrent("a saved result is complete or not there", () => {
  for (const [command, args, says] of saving) {
    test(
      `an incomplete ${command} goes to a file of its own, and leaves a complete one as it is`,
      server,
      function* () {
        const { cli, fake, home } = yield* world
        const saved = [...args, "--out", "saved.json"]
        yield* exits(0, cli(saved))
        const complete = home.read("saved.json")
        yield* fake.inject(unanswered, { checkpoint: old, operation: "list", times: 9 })
        const { stderr } = yield* exits(4, cli(saved))
        assert.match(stderr, says)
        assert.match(stderr, /; partial result written to saved\.json\.partial; saved\.json unchanged\n$/)
        assert.strictEqual(home.read("saved.json"), complete)
        assert.notStrictEqual(home.read("saved.json.partial"), complete)
        assert.strictEqual(home.mode("saved.json.partial"), 0o600)
        assert.include(home.read("saved.json.partial"), old)
      }
    )
  }

  const printing: ReadonlyArray<readonly [what: string, args: ReadonlyArray<string>]> = [
    ["plan", ["plan", "--file", "policy.yaml"]],
    ["discover", ["discover"]]
  ]
  it.scopedLive.each(printing)("%s writes no file if standard output is full", ([, args]) =>
    Effect.gen(function* () {
      const { cli, cliIn, home } = yield* world
      yield* exits(0, cli([...args, "--out", "saved.json"]))
      const before = home.read("saved.json")
      const full = Object.assign(new Error("no space"), { code: "ENOSPC" })
      const { stderr } = yield* exits(1, cliIn({ closed: full }, [...args, "--out", "saved.json"]))
      assert.match(stderr, /standard output cannot be written: ENOSPC\n$/)
      assert.strictEqual(home.read("saved.json"), before)
      assert.deepStrictEqual(
        home.files().filter((name) => name.includes("saved.json")),
        ["saved.json"]
      )
    }).pipe(Effect.provide(server))
  )

  test("a link by the name of the incomplete file is refused before any request", server, function* () {
    const { cli, fake, home } = yield* world
    symlinkSync(home.at("elsewhere"), home.at("saved.json.partial"))
    const { stderr } = yield* exits(2, cli(["audit", weather, "--json", "--out", "saved.json"]))
    assert.match(stderr, /"saved\.json\.partial" is a symbolic link: pass the file itself/)
    assert.deepStrictEqual(yield* fake.requests, [])
  })
})
