import { Emulator } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { exits, jsonLines } from "./support/inProcess.ts"
import { test } from "./support/test.ts"
import { weather, world } from "./support/world.ts"

const server = Emulator.layer({ seed: { [weather]: ["proj_x", "proj_y"] } })
const none = `version: 1\ncheckpoints:\n  "${weather}":\n    projects: []\n`

describe("a variable of the environment", () => {
  test("is the default of an option", server, function* () {
    const { cli, home } = yield* world
    home.write("policy.yaml", none)
    const apply = ["apply", "-f", "policy.yaml", "-y", "--journal", "j"]
    const one = { CHECKPOINT_PERMISSIONS_MAX_REVOKES: "1", CHECKPOINT_PERMISSIONS_ACTOR: "quarterly" }
    const refused = yield* exits(5, cli(apply, one))
    assert.match(refused.stderr, /revokes 2 permissions, the limit is 1: /)
    const debug = ["--log-level", "debug"]
    const done = yield* exits(
      0,
      cli([...apply, "--max-revokes", "2", ...debug], {
        ...one,
        CHECKPOINT_PERMISSIONS_RATE: "1/second"
      })
    )
    assert.match(done.stderr, /rate limited, next request at \d\d:\d\d:\d\d/)
    assert.isTrue(jsonLines(home.read("j")).every(({ actor }) => actor === "quarterly"))
  })

  test("with an invalid value is refused by its name", server, function* () {
    const { cli, home } = yield* world
    home.write("policy.yaml", none)
    for (const [args, name, value, says] of [
      [["plan", "-f", "policy.yaml"], "RATE", "fast", "not a rate: pass requests a minute"],
      [["apply", "-f", "policy.yaml"], "MAX_REVOKES", "-1", "not a number of permissions: pass 0 or more"]
    ] as const) {
      const { stderr } = yield* exits(2, cli(args, { [`CHECKPOINT_PERMISSIONS_${name}`]: value }))
      assert.include(stderr, `checkpoint-permissions: CHECKPOINT_PERMISSIONS_${name}: ${says}`)
    }
  })
})
