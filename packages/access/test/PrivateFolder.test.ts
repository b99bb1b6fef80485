import * as fs from "node:fs"
import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { assert, describe } from "@effect/vitest"
import { Effect, Either, Option } from "effect"
import { PrivateFolder } from "../src/index.ts"
import { test } from "./support/lockWorld.ts"

const refusal = (folder: string) =>
  Effect.map(Effect.flip(PrivateFolder.make(folder)), ({ message }) => message.replaceAll(folder, "…"))

const mode = (folder: string) => fs.statSync(folder).mode & 0o777

describe("a private folder", () => {
  test("is made with all above it that are missing, for its owner alone", function* () {
    const { makeTempDirectoryScoped } = yield* FileSystem.FileSystem
    const home = yield* makeTempDirectoryScoped()
    const folder = join(home, "a", "b", "c")
    const owner = yield* PrivateFolder.make(folder)
    assert.deepStrictEqual(yield* PrivateFolder.make(`${folder}/`), owner)
    assert.strictEqual(Option.getOrUndefined(owner), process.getuid?.())
    assert.deepStrictEqual([mode(join(home, "a")), mode(join(home, "a", "b")), mode(folder)], [0o700, 0o700, 0o700])
    assert.isEmpty(fs.readdirSync(folder))
  })

  test("is refused below a file, and where it is one", function* () {
    const { makeTempDirectoryScoped } = yield* FileSystem.FileSystem
    const file = join(yield* makeTempDirectoryScoped(), "file")
    fs.writeFileSync(file, "")
    assert.strictEqual(yield* refusal(file), "…: it is not a folder")
    assert.strictEqual(yield* refusal(join(file, "a", "b")), "…: it is not a folder")
  })

  test("is refused below a folder in which nothing can be made", function* () {
    const real = yield* FileSystem.FileSystem
    const asked: Array<string> = []
    const noted: FileSystem.FileSystem = {
      ...real,
      makeDirectory: (path, options) => {
        asked.push(path)
        // As the operating system says it for /proc. Node tries a recursive one for ever.
        assert.notStrictEqual(options?.recursive, true)
        return real.makeDirectory(path, options)
      }
    }
    const made = yield* Effect.either(
      Effect.provideService(PrivateFolder.make("/proc/nothing/state"), FileSystem.FileSystem, noted)
    )
    if (fs.existsSync("/proc/self")) {
      assert.strictEqual(
        Either.isLeft(made) ? made.left.message : "made",
        "/proc/nothing/state: it cannot be written (ENOENT)"
      )
    }
    assert.includeMembers(asked, ["/proc/nothing/state", "/proc/nothing", "/proc"])
  })
})
