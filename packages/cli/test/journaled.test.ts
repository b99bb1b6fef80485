import { Emulator } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { exits, jsonLines } from "./support/inProcess.ts"
import { test } from "./support/test.ts"
import { organization, weather, world } from "./support/world.ts"

describe("grant and revoke with --journal", () => {
  test(
    "write a journal as apply does, and refuse another file before any change",
    Emulator.layer({ seed: { [weather]: ["proj_a"] }, organization }),
    function* () {
      const { cli, fake, home } = yield* world
      yield* exits(0, cli(["grant", weather, "proj_b", "--journal", "j", "--actor", "ann"]))
      yield* exits(0, cli(["revoke", weather, "proj_a", "--journal", "j"]))
      assert.deepStrictEqual(
        jsonLines(home.read("j")).map(({ action, actor, event, outcome, project }) => [
          event,
          action,
          project,
          outcome,
          actor
        ]),
        [
          ["intent", "grant", "proj_b", null, "ann"],
          ["result", "grant", "proj_b", "done", "ann"],
          ["intent", "revoke", "proj_a", null, "tester"],
          ["result", "revoke", "proj_a", "done", "tester"]
        ]
      )
      yield* fake.clearRequests
      const refused = yield* cli(["grant", weather, "proj_c", "--journal", "nowhere/j"])
      assert.notStrictEqual(refused.code, 0)
      assert.match(refused.stderr, /nowhere/)
      assert.deepStrictEqual(yield* fake.requests, [])
    }
  )
})
