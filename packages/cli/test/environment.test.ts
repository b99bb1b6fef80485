import { Emulator, Faults } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { exits, jsonLines } from "./support/inProcess.ts"
import { test } from "./support/test.ts"
import { seed, weather, world } from "./support/world.ts"

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

  test("that is missing makes the user id the actor", server, function* () {
    const { cli, home } = yield* world
    yield* exits(0, cli(["revoke", weather, "proj_x", "--journal", "j"], { USER: "" }))
    assert.deepStrictEqual([...new Set(jsonLines(home.read("j")).map(({ actor }) => actor))], ["uid 0"])
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

describe("--log-level debug", () => {
  test("logs each request, retry and wait on standard error, without the key", Emulator.layer({ seed }), function* () {
    const { env, fake, cli } = yield* world
    yield* fake.inject(Faults.error(503), { operation: "list" })
    const quiet = yield* cli(["audit", weather, "--json"])
    yield* fake.inject(Faults.error(503), { operation: "list" })
    const { code, stderr, stdout } = yield* cli(["audit", weather, "--json", "--log-level", "debug"])
    assert.deepStrictEqual([quiet.code, code, quiet.stderr], [0, 0, "1 checkpoint: named by arguments or --from\n"])
    assert.strictEqual(JSON.parse(stdout).rows.length, 1)
    assert.match(stderr, /level=DEBUG .*message="list answered 503, request req_\w+"/)
    assert.match(stderr, /level=DEBUG .*message="retrying in .*attempt=1/)
    assert.match(stderr, /level=DEBUG .*message="list answered 200, request req_\w+"/)
    assert.notInclude(stderr, env.OPENAI_ADMIN_KEY)
    const paced = yield* exits(0, cli(["export", weather, "ft:other", "--rate", "1/second", "--log-level", "debug"]))
    assert.match(paced.stderr, /level=DEBUG .*message="list: rate limited, next request at \d\d:\d\d:\d\d"/)
  })
})
