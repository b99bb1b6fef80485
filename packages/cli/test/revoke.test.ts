import { Emulator } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { exits } from "./support/inProcess.ts"
import { test } from "./support/test.ts"
import { world } from "./support/world.ts"

const seed = { "ft:a": ["proj_x", "proj_keep"] }

describe("revoke", () => {
  test(
    "reports that an owner without a permission keeps its access, as an audit of the project does",
    Emulator.layer({ seed, behavior: { owners: { "ft:a": "proj_own" } } }),
    function* () {
      const { cli } = yield* world
      const { stdout } = yield* exits(0, cli(["revoke", "ft:a", "proj_own"]))
      assert.strictEqual(stdout, "unchanged: proj_own has no permission (the owner of a model always has access)\n")
      const shown = yield* exits(0, cli(["audit", "ft:a", "--project", "proj_own", "--format", "text", "--all"]))
      assert.match(shown.stdout, /^• ft:a\n +none +proj_own: no /m)
      assert.include(shown.stdout, "1 checkpoint: owner unknown (owners always have access).")
    }
  )

  test("takes one checkpoint and at least one project", Emulator.layer({ seed }), function* () {
    const { cli } = yield* world
    for (const [args, message] of [
      [["ft:a"], /missing argument <project>/],
      [["proj_x", "proj_y"], /pass the model name/],
      [["--everywhere", "proj_x", "--from", "ids.txt"], /everywhere/]
    ] as const) {
      const { stderr } = yield* exits(2, cli(["revoke", ...args]))
      assert.match(stderr, message)
    }
  })
})
