import { Emulator, Faults } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { exits } from "./support/inProcess.ts"
import { test } from "./support/test.ts"
import { seed, weather, world } from "./support/world.ts"

const server = Emulator.layer({ seed })

describe("--log-level debug", () => {
  test("logs each request, retry and wait on standard error, without the key", server, function* () {
    const { env, fake, cli } = yield* world
    yield* fake.inject(Faults.error(503), { operation: "list" })
    const quiet = yield* cli(["audit", weather, "--json"])
    yield* fake.inject(Faults.error(503), { operation: "list" })
    const { code, stderr, stdout } = yield* cli(["audit", weather, "--json", "--log-level", "debug"])
    assert.deepStrictEqual(
      [quiet.code, code, quiet.stderr],
      [0, 0, "1 checkpoint: named by arguments or --from; less than 1 s\n"]
    )
    assert.strictEqual(JSON.parse(stdout).rows.length, 1)
    assert.match(stderr, /level=DEBUG .*message="list answered 503, request req_\w+"/)
    assert.match(stderr, /level=DEBUG .*message="retrying in .*attempt=1/)
    assert.match(stderr, /level=DEBUG .*message="list answered 200, request req_\w+"/)
    assert.notInclude(stderr, env.OPENAI_ADMIN_KEY)
    const paced = yield* exits(0, cli(["export", weather, "ft:other", "--rate", "1/second", "--log-level", "debug"]))
    assert.match(paced.stderr, /level=DEBUG .*message="list: rate limited, next request at \d\d:\d\d:\d\d"/)
  })
})
