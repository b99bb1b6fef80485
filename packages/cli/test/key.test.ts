import { Emulator, ServerBehavior } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { cli, exits } from "./support/inProcess.ts"
import { scoped } from "./support/test.ts"
import { folder } from "./support/world.ts"

const key = "sk-admin-0123456789"

const server = Emulator.layer({ seed: { "ft:a": ["proj_a"] }, behavior: { keys: [ServerBehavior.adminKey(key)] } })

/** Lists, or runs another command, with a key file of that text and mode. */
const list = (text: string, mode = 0o600, command = ["list", "ft:a"]) =>
  Effect.gen(function* () {
    const { baseUrl } = yield* Emulator.Emulator
    const home = yield* folder
    const path = home.write("key", text)
    home.chmod("key", mode)
    return yield* cli([...command, "--json", "--admin-key-file", path, "--api-url", baseUrl])
  }).pipe(Effect.provide(server), Effect.scoped)

const ordinary = /contains the key of a project: this command needs an admin key, which begins with/
const more = /keep only the key/
const lines = /--admin-key-file \S+ contains more than one line: keep only the key\n$/
const empty = /--admin-key-file \S+ is empty: set it to the admin key\n$/

const mistakes: ReadonlyArray<readonly [text: string, says: RegExp]> = [
  ["sk-proj-0123456789", ordinary],
  ["sk-svcacct-0123456789", ordinary],
  [`OPENAI_ADMIN_KEY=${key}`, more],
  [`export OPENAI_ADMIN_KEY="${key}"\n`, more],
  [`"${key}"`, more],
  [`\n KEY = ${key}`, more],
  [`${key}\n${key}x\n`, lines],
  [`${key}\r\n\r\n# the old one`, lines],
  ["", empty],
  [" \n", empty]
]

describe("a key file", () => {
  it.live.each(mistakes)("that holds %j is refused, and not repeated", ([text, says]) =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* list(text)
      assert.deepStrictEqual([code, stdout], [2, ""])
      assert.match(stderr, says)
      assert.notInclude(stderr, "0123456789")
    })
  )

  it.live.each(["", "\n", "\r\n", " \n\n"])("may end in %j", (end) =>
    Effect.map(list(key + end), ({ code, stderr }) => assert.deepStrictEqual([code, stderr], [0, ""]))
  )

  it.live.each([0o644, 0o640, 0o604])("of mode %o draws one warning", (mode) =>
    Effect.gen(function* () {
      const { code, stderr } = yield* list(key, mode)
      assert.strictEqual(code, 0)
      assert.match(
        stderr,
        new RegExp(`^key file ".*" is readable by others \\(mode 0${mode.toString(8)}\\): run chmod 600\n$`)
      )
    })
  )

  it.live("is read once by doctor", () =>
    Effect.map(list(key, 0o644, ["doctor"]), ({ stderr }) => {
      assert.lengthOf(stderr.match(/is readable by others/g) ?? [], 1)
    })
  )

  scoped("in the variable is checked in the same way", function* () {
    const { stderr } = yield* exits(2, cli(["list", "ft:a"], { env: { OPENAI_ADMIN_KEY: `OPENAI_ADMIN_KEY=${key}` } }))
    assert.match(stderr, /OPENAI_ADMIN_KEY contains more than a key/)
  })
})
