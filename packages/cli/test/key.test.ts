import { Emulator, ServerBehavior } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { cli } from "./support/inProcess.ts"
import { folder } from "./support/world.ts"

const key = "sk-admin-0123456789"

/** Lists with a key file of that text and mode. */
const list = (text: string, mode: number) =>
  Effect.gen(function* () {
    const { baseUrl } = yield* Emulator.Emulator
    const home = yield* folder
    const path = home.write("key", text)
    home.chmod("key", mode)
    return yield* cli(["list", "ft:a", "--json", "--admin-key-file", path, "--api-url", baseUrl])
  }).pipe(Effect.provide(Emulator.layer({ behavior: { keys: [ServerBehavior.adminKey(key)] } })), Effect.scoped)

describe("a key file", () => {
  it.live.each(["sk-proj-0123456789", "sk-svcacct-0123456789"])("is refused with the ordinary key %j", (ordinary) =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* list(ordinary, 0o600)
      assert.deepStrictEqual([code, stdout], [2, ""])
      assert.match(stderr, /holds the ordinary key of a project: this command needs an admin key, which begins with/)
      assert.notInclude(stderr, ordinary)
    })
  )

  it.live.each(["", "\n", "\r\n", " \n\n"])("may end in %j", (end) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* list(key + end, 0o600), { code: 0, stdout: "", stderr: "" })
    })
  )

  it.live.each([0o644, 0o640, 0o604])("of mode %o draws one warning", (mode) =>
    Effect.gen(function* () {
      const { code, stderr } = yield* list(key, mode)
      assert.strictEqual(code, 0)
      assert.match(
        stderr,
        new RegExp(`^key file ".*" may be read by others \\(mode 0${mode.toString(8)}\\): chmod 600 it\n$`)
      )
    })
  )

  it.live.each([`OPENAI_ADMIN_KEY=${key}`, `export OPENAI_ADMIN_KEY="${key}"\n`, `"${key}"`, `\n KEY = ${key}`])(
    "that holds %j is refused, and not repeated",
    (text) =>
      Effect.gen(function* () {
        const { code, stderr } = yield* list(text, 0o600)
        assert.strictEqual(code, 2)
        assert.include(stderr, "leave only the key itself in it")
        assert.notInclude(stderr, "0123456789")
      })
  )

  it.live.each([`${key}\n${key}x\n`, `${key}\r\n\r\n# the old one`])(
    "that holds %j is refused, and not repeated",
    (text) =>
      Effect.gen(function* () {
        const { code, stderr } = yield* list(text, 0o600)
        assert.strictEqual(code, 2)
        assert.match(stderr, /--admin-key-file \S+ holds more than one line: leave only one key in it\n$/)
        assert.notInclude(stderr, "0123456789")
      })
  )

  it.live.each(["", " \n"])("that holds %j is called empty", (text) =>
    Effect.gen(function* () {
      const { code, stderr } = yield* list(text, 0o600)
      assert.strictEqual(code, 2)
      assert.match(stderr, /--admin-key-file \S+ is empty: put the admin key in it\n$/)
    })
  )

  it.effect("the same goes for the variable", () =>
    Effect.gen(function* () {
      const { code, stderr } = yield* cli(["list", "ft:a"], { env: { OPENAI_ADMIN_KEY: `OPENAI_ADMIN_KEY=${key}` } })
      assert.strictEqual(code, 2)
      assert.match(stderr, /OPENAI_ADMIN_KEY holds more than a key/)
    })
  )
})
