import * as fs from "node:fs"
import { join } from "node:path"
import { FileSystem, Error as PlatformError } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Journal } from "../src/index.ts"
import { test } from "./support/lockWorld.ts"

const entry = (project: string): Journal.Entry => ({
  time: "2026-01-01T00:00:00.000Z",
  event: "intent",
  action: "grant",
  actor: null,
  server: "https://api.openai.com/v1",
  organization: null,
  plan: null,
  checkpoint: "ft:a",
  project,
  permission: null,
  request: null,
  outcome: null,
  error: null
})

const folder = Effect.flatMap(FileSystem.FileSystem, (system) => system.makeTempDirectoryScoped())

const written = (path: string, ...projects: ReadonlyArray<string>) =>
  Effect.scoped(Effect.flatMap(Journal.file(path), (journal) => journal.write(projects.map(entry))))

const projectsIn = (path: string): ReadonlyArray<string> =>
  fs
    .readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => {
      try {
        return JSON.parse(line).project
      } catch {
        return "torn"
      }
    })

/** A disk that takes so many bytes more, and then half of a write. */
const fullAfter = (bytes: number) =>
  Layer.effect(
    FileSystem.FileSystem,
    Effect.map(FileSystem.FileSystem, (system) => {
      let left = bytes
      const full = new PlatformError.SystemError({
        reason: "Unknown",
        module: "FileSystem",
        method: "writeAll",
        description: "ENOSPC"
      })
      return {
        ...system,
        open: (path, options) =>
          Effect.map(system.open(path, options), (file) => ({
            ...file,
            [FileSystem.FileTypeId]: FileSystem.FileTypeId,
            stat: file.stat,
            sync: file.sync,
            seek: (offset, from) => file.seek(offset, from),
            readAlloc: (size) => file.readAlloc(size),
            writeAll: (buffer) => {
              const fits = buffer.subarray(0, left)
              left -= fits.length
              return Effect.zipRight(
                fits.length === 0 ? Effect.void : file.writeAll(fits),
                fits.length === buffer.length ? Effect.void : Effect.fail(full)
              )
            }
          }))
      }
    })
  ).pipe(Layer.provideMerge(NodeContext.layer))

it("a line spells out every character that cannot be seen, and is the same entry", () => {
  const hidden = { ...entry("proj_a"), error: "a\u0007\u200b\u2066\u{e0041}\u2028b" }
  const line = Journal.toLine(hidden)
  assert.match(line, /^[\x20-\x7e]*\n$/)
  assert.deepStrictEqual(JSON.parse(line), hidden)
})

describe("a journal in a file", () => {
  test("is the owner's alone, an existing one too", function* () {
    const at = yield* folder
    const path = join(at, "journal")
    yield* written(path, "proj_a")
    assert.strictEqual(fs.statSync(path).mode & 0o777, 0o600)
    fs.chmodSync(path, 0o644)
    yield* written(path, "proj_b")
    assert.strictEqual(fs.statSync(path).mode & 0o777, 0o600)
    assert.deepStrictEqual(projectsIn(path), ["proj_a", "proj_b"])
  })

  test("is never followed through a link, also not one that is put there between the look and the opening", function* () {
    const at = yield* folder
    const [target, link] = [join(at, "target"), join(at, "link")]
    fs.writeFileSync(target, "")
    fs.symlinkSync(target, link)
    const refused = yield* Effect.flip(written(link, "proj_a"))
    assert.include(refused.message, "symbolic link")
    const system = yield* FileSystem.FileSystem
    // The first look finds a plain file, as if the link came just after it.
    let looks = 0
    const late: FileSystem.FileSystem = {
      ...system,
      readLink: (path) =>
        Effect.suspend(() => {
          looks += 1
          return looks === 1
            ? Effect.fail(
                new PlatformError.SystemError({ reason: "Unknown", module: "FileSystem", method: "readLink" })
              )
            : system.readLink(path)
        })
    }
    const caught = yield* Effect.flip(Effect.provideService(written(link, "proj_a"), FileSystem.FileSystem, late))
    assert.include(caught.message, "symbolic link")
    assert.strictEqual(fs.readFileSync(target, "utf8"), "")
  })

  test("closes a line that an earlier run left torn", function* () {
    const path = join(yield* folder, "journal")
    fs.writeFileSync(path, `${Journal.toLine(entry("proj_a"))}{"time":"20`)
    yield* written(path, "proj_b")
    assert.deepStrictEqual(projectsIn(path), ["proj_a", "torn", "proj_b"])
  })

  test("on a full disk fails, and a line that was torn never touches the next", function* () {
    const path = join(yield* folder, "journal")
    const whole = Journal.toLine(entry("proj_a")).length
    yield* Effect.gen(function* () {
      const journal = yield* Journal.file(path)
      yield* journal.write([entry("proj_a")])
      const failed = yield* Effect.flip(journal.write([entry("proj_b")]))
      assert.include(failed.message, "nothing more is changed")
    }).pipe(Effect.scoped, Effect.provide(fullAfter(whole + 20)))
    const journal = yield* Journal.file(path)
    yield* journal.write([entry("proj_c")])
    assert.deepStrictEqual(projectsIn(path), ["proj_a", "torn", "proj_c"])
  })

  test("after a full disk in the same run begins a new line", function* () {
    const path = join(yield* folder, "journal")
    const journal = yield* Journal.file(path)
    let fails = true
    const system = yield* FileSystem.FileSystem
    const once = yield* Effect.provideService(Journal.file(path), FileSystem.FileSystem, {
      ...system,
      open: (name, options) =>
        Effect.map(system.open(name, options), (file) => ({
          ...file,
          [FileSystem.FileTypeId]: FileSystem.FileTypeId,
          stat: file.stat,
          sync: Effect.suspend(() => {
            if (!fails || name !== path) return file.sync
            fails = false
            return new PlatformError.SystemError({ reason: "Unknown", module: "FileSystem", method: "sync" })
          }),
          seek: (offset, from) => file.seek(offset, from),
          readAlloc: (size) => file.readAlloc(size),
          writeAll: (buffer) => file.writeAll(fails ? buffer.subarray(0, 10) : buffer)
        }))
    })
    yield* Effect.flip(once.write([entry("proj_a")]))
    yield* once.write([entry("proj_b")])
    yield* journal.write([entry("proj_c")])
    assert.deepStrictEqual(projectsIn(path), ["torn", "proj_b", "proj_c"])
  })
})
