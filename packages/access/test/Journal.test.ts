import * as fs from "node:fs"
import { join } from "node:path"
import { FileSystem, Error as PlatformError } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import type { YieldWrap } from "effect/Utils"
import { Journal } from "../src/index.ts"
import { toLine } from "../src/internal/journal.ts"

/** A test on real files. */
const test = (
  what: string,
  body: () => Generator<
    YieldWrap<Effect.Effect<unknown, unknown, NodeContext.NodeContext | Scope.Scope>>,
    unknown,
    never
  >
): void => it.scoped(what, () => Effect.provide(Effect.gen(body), NodeContext.layer))

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

const projectsOf = (text: string): ReadonlyArray<string> =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => {
      try {
        return JSON.parse(line).project
      } catch {
        return "torn"
      }
    })

const projectsIn = (path: string) => projectsOf(fs.readFileSync(path, "utf8"))

/** The calls on open files, and how many bytes can still be written. */
const disk = { calls: [] as string[], free: Number.POSITIVE_INFINITY }

/** Opens a journal on real files, of which {@link disk} bounds the writes. */
const onDisk = (path: string) =>
  Effect.flatMap(FileSystem.FileSystem, (system) =>
    Effect.provideService(Journal.file(path), FileSystem.FileSystem, {
      ...system,
      open: (name, options) =>
        Effect.map(system.open(name, options), (file) => {
          const writeAll = (bytes: Uint8Array) => {
            const part = bytes.subarray(0, disk.free)
            disk.free -= part.length
            disk.calls.push("write")
            const full = new PlatformError.SystemError({ reason: "Unknown", module: "FileSystem", method: "writeAll" })
            return Effect.zipRight(file.writeAll(part), part.length < bytes.length ? full : Effect.void)
          }
          const sync = Effect.tap(file.sync, () => void disk.calls.push("sync"))
          return new Proxy(file, {
            get: (target, name) => (name === "writeAll" ? writeAll : name === "sync" ? sync : Reflect.get(target, name))
          })
        })
    })
  )

it("a line escapes invisible characters, and is the same entry", () => {
  const hidden = { ...entry("proj_a"), error: "a\u0007\u200b\u2066\u{e0041}\u2028b" }
  const line = toLine(hidden)
  assert.match(line, /^[\x20-\x7e]*\n$/)
  assert.deepStrictEqual(JSON.parse(line), hidden)
})

describe("a journal in a file", () => {
  test("has mode 0600, also if it existed", function* () {
    const at = yield* folder
    const path = join(at, "journal")
    yield* written(path, "proj_a")
    assert.strictEqual(fs.statSync(path).mode & 0o777, 0o600)
    fs.chmodSync(path, 0o644)
    yield* written(path, "proj_b")
    assert.strictEqual(fs.statSync(path).mode & 0o777, 0o600)
    assert.deepStrictEqual(projectsIn(path), ["proj_a", "proj_b"])
  })

  test("is never opened through a link, also not one that is created between check and opening", function* () {
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

  test("ends a truncated line of an earlier run", function* () {
    const path = join(yield* folder, "journal")
    fs.writeFileSync(path, `${toLine(entry("proj_a"))}{"time":"20`)
    yield* written(path, "proj_b")
    assert.deepStrictEqual(projectsIn(path), ["proj_a", "torn", "proj_b"])
  })

  test("is synced before a write succeeds, and its folder when it is created", function* () {
    const journal = yield* onDisk(join(yield* folder, "journal"))
    assert.deepStrictEqual(disk.calls.splice(0), ["sync"])
    yield* journal.write([entry("proj_a")])
    assert.deepStrictEqual(disk.calls.splice(0), ["write", "sync"])
  })

  test("on a full disk fails, and a truncated line never touches the next, of the same run or another", function* () {
    const path = join(yield* folder, "journal")
    disk.free = toLine(entry("proj_a")).length + 20
    const journal = yield* onDisk(path)
    yield* journal.write([entry("proj_a")])
    const failed = yield* Effect.flip(journal.write([entry("proj_b")]))
    assert.include(failed.message, "nothing more is changed")
    disk.free = 30
    const another = yield* onDisk(path)
    yield* Effect.flip(another.write([entry("proj_c")]))
    disk.free = Number.POSITIVE_INFINITY
    yield* another.write([entry("proj_d")])
    assert.deepStrictEqual(projectsIn(path), ["proj_a", "torn", "torn", "proj_d"])
  })
})
