import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { NodeContext } from "@effect/platform-node"
import { assert, describe } from "@effect/vitest"
import { ConfigProvider, Effect, Option } from "effect"
import { folderPath, openFolder } from "../src/internal/state/locks.ts"
import { failure, faulty } from "./support/state.ts"
import { scoped, scopedWith } from "./support/test.ts"
import { folder } from "./support/world.ts"

const env = (variables: Readonly<Record<string, string>>) =>
  Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))

const given = (path: string) => openFolder(Option.some(path)).pipe(Effect.provide(NodeContext.layer))
const refusal = (path: string) => Effect.map(Effect.flip(given(path)), ({ message }) => message)

const mode = (path: string) => statSync(path).mode & 0o777

describe("the state folder", () => {
  scopedWith("is the one given, or in XDG_STATE_HOME, or in HOME", NodeContext.layer, function* () {
    const both = env({ XDG_STATE_HOME: "/x", HOME: "/h" })
    assert.strictEqual(yield* both(folderPath(Option.some("given"))), resolve("given"))
    assert.strictEqual(yield* both(folderPath(Option.none())), "/x/checkpoint-permissions")
    const inHome = "/h/.local/state/checkpoint-permissions"
    for (const other of [{}, { XDG_STATE_HOME: "" }, { XDG_STATE_HOME: "relative" }]) {
      assert.strictEqual(yield* env({ ...other, HOME: "/h" })(folderPath(Option.none())), inHome)
    }
    for (const none of [{}, { HOME: "" }, { HOME: "relative" }]) {
      const { message } = yield* Effect.flip(env(none)(folderPath(Option.none())))
      assert.strictEqual(message, "there is no state folder: set HOME, or pass --state-dir")
    }
  })

  scoped("is made for its owner alone, and stays as it is", function* () {
    const home = yield* folder
    const opened = yield* openFolder(Option.none()).pipe(env({ HOME: home.path }), Effect.provide(NodeContext.layer))
    assert.strictEqual(opened, join(home.path, ".local/state/checkpoint-permissions"))
    assert.strictEqual(mode(opened), 0o700)
    writeFileSync(join(opened, "file"), "")
    assert.strictEqual(yield* given(opened), opened)
    assert.deepStrictEqual(readdirSync(opened), ["file"])
  })

  scoped("is refused if it is a link, a file, or others may write it", function* () {
    const home = yield* folder
    const at = (name: string) => join(home.path, name)
    mkdirSync(at("target"))
    symlinkSync(at("target"), at("link"))
    symlinkSync(at("nowhere"), at("dangling"))
    home.write("file", "")
    mkdirSync(at("shared"))
    chmodSync(at("shared"), 0o770)
    for (const link of ["link", "link/", "dangling"]) assert.match(yield* refusal(at(link)), /: it is a symbolic link$/)
    assert.match(yield* refusal(at("file")), /^state folder ".*\/file": it is not a folder$/)
    assert.match(yield* refusal(at("shared")), /: others can write to it: chmod go-w$/)
    assert.deepStrictEqual(readdirSync(at("target")), [])
    assert.isFalse(home.exists("nowhere"))
  })

  scoped("is refused if it is somebody else's, and leaves nothing there", function* () {
    const home = yield* folder
    const foreign = faulty((fs) => ({
      stat: (path) =>
        Effect.map(fs.stat(path), (info) => (path === home.path ? { ...info, uid: Option.some(4711) } : info))
    }))
    const error = yield* Effect.flip(openFolder(Option.some(home.path))).pipe(Effect.provide(foreign))
    assert.match(error.message, /: it belongs to another user$/)
    assert.deepStrictEqual(home.files(), [])
  })

  scoped("is refused if it cannot be made or written", function* () {
    const home = yield* folder
    const message = (layer: ReturnType<typeof faulty>) =>
      Effect.map(Effect.flip(openFolder(Option.some(home.path)).pipe(Effect.provide(layer))), (error) => error.message)
    const cannot = { makeDirectory: () => Effect.fail(failure("EACCES", "PermissionDenied")) }
    assert.match(yield* message(faulty(() => cannot)), /: it may not be written$/)
    assert.match(
      yield* message(faulty(() => ({ writeFileString: () => Effect.fail(failure("ENOSPC")) }))),
      /written \(ENOSPC\)$/
    )
    assert.match(
      yield* message(faulty(() => ({ writeFileString: () => Effect.fail(failure("EROFS")) }))),
      /written \(EROFS\)$/
    )
  })
})
