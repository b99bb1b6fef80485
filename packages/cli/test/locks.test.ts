import { hostname } from "node:os"
import { Emulator } from "@checkpoint-permissions/testing"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe } from "@effect/vitest"
import { Effect, Layer, Option, TestClock } from "effect"
import * as Lock from "../src/internal/change/lock.ts"
import { exits, withoutPauses } from "./support/inProcess.ts"
import { scopedWith, test } from "./support/test.ts"
import { folder, old, organization, policyOf, seed, weather, world } from "./support/world.ts"

/** A second create of the same project makes a second permission. */
const server = Emulator.layer({ seed, organization, behavior: { regrant: "second" } })

const applying = ["apply", "--file", "policy.yaml", "--yes"] as const

/** An apply in this process whose first request is not answered. */
const held = Effect.gen(function* () {
  const there = yield* world
  const { baseUrl, begin, fake, state } = there
  yield* fake.setBehavior({ latency: "1 hour", regrant: "second" })
  const first = yield* begin(applying)
  yield* fake.awaitRequests(1)
  yield* fake.setBehavior({ latency: "0 millis", regrant: "second" })
  return { ...there, first, file: fileOf(baseUrl), state }
})

const fileOf = (baseUrl: string): string => `checkpoint-permissions/${encodeURIComponent(new URL(baseUrl).host)}.lock`

const holder = `apply --file policy.yaml --yes \\(pid ${process.pid} on \\S+\\) since \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC`

describe.concurrent("while an apply runs", () => {
  test("a second one is refused before a request, and names the first", server, function* () {
    const { cli, fake, first, file, state } = yield* held
    assert.strictEqual(state.mode("checkpoint-permissions"), 0o700)
    assert.strictEqual(state.mode(file), 0o600)
    const second = yield* exits(5, cli(applying))
    assert.match(second.stderr, new RegExp(`apply: locked by ${holder}: run it again afterwards, or pass --no-lock `))
    assert.lengthOf(yield* fake.requests, 1)
    yield* first.signal("SIGINT")
    yield* first.outcome
    assert.deepStrictEqual(state.files("checkpoint-permissions"), [])
  })

  test("one of another organization, with another state folder or with --no-lock continues", server, function* () {
    const { cli, home } = yield* held
    yield* exits(0, cli(applying, { OPENAI_ORG_ID: "org-a" }))
    yield* exits(0, cli(applying, { XDG_STATE_HOME: "", HOME: home.path }))
    yield* exits(0, cli([...applying, "--no-lock"]))
  })

  test("a grant waits until it ends, for at most five minutes", server, function* () {
    const { begin, cli, fake, first } = yield* held
    const { stderr } = yield* exits(5, withoutPauses("2 seconds")(cli(["grant", weather, "proj_n"])))
    assert.match(stderr, new RegExp(`^grant: waiting up to 5m for ${holder}\n.*grant: locked by ${holder}`, "s"))
    const waiting = yield* begin(["grant", weather, "proj_n"])
    yield* waiting.says(`grant: waiting up to 5m for apply --file policy.yaml --yes (pid ${process.pid} on `)
    assert.isTrue((yield* fake.requests).every(({ operation }) => operation === "list-projects"))
    yield* first.signal("SIGINT")
    const { stdout } = yield* exits(0, waiting.outcome)
    assert.strictEqual(stdout, "granted proj_n\n")
  })

  test("a revoke names it and continues", server, function* () {
    const { cli } = yield* held
    const named = new RegExp(`^revoke: an apply is running and may grant this access again: ${holder}\n`)
    assert.match((yield* exits(0, cli(["revoke", weather, "proj_x"]))).stderr, named)
    const offboarded = yield* exits(
      0,
      cli(["offboard", "proj_z", "--from", "policy.yaml", "--yes", "--permissions-only"])
    )
    assert.match(offboarded.stderr, /^offboard: an apply is running/m)
    const { stderr } = yield* exits(0, cli(["revoke", weather, "proj_y", "--no-lock"]))
    assert.strictEqual(stderr, "")
  })

  test("nothing else waits", server, function* () {
    const { cli, fake } = yield* held
    const [permission] = yield* fake.permissions(weather)
    for (const args of [
      ["grant", old, "proj_n", "--no-lock"],
      ["api", "create", weather, "proj_m"],
      ["api", "delete", weather, permission?.id ?? ""],
      ["plan", "--file", "policy.yaml"],
      ["audit", weather]
    ]) {
      yield* exits(0, cli(args))
    }
  })
})

describe.concurrent("the lock file", () => {
  const textOf = (pid: number, host = hostname()) =>
    JSON.stringify({ pid, host, command: "apply", since: "2026-10-01T12:00:00.000Z" })
  /** The number of a process that has ended: larger than any that Linux assigns. */
  const gone = 99_999_999
  const rows: ReadonlyArray<readonly [what: string, text: string, seconds: number, code: number]> = [
    ["of a process of this machine is held", textOf(process.pid), 50, 5],
    ["of another machine, whatever number its process has, is held", textOf(gone, "there"), 50, 5],
    ["that is damaged is held", '{"pid":1,"ho', 50, 5],
    ["of a process that has ended is taken over", textOf(gone), 0, 0],
    ["that was not renewed for a minute is taken over", textOf(process.pid), 60, 0],
    ["that is damaged and a minute old is taken over", '{"pid":1,"ho', 60, 0]
  ]
  for (const [what, text, seconds, code] of rows) {
    test(what, server, function* () {
      const { baseUrl, cli, state } = yield* world
      const file = fileOf(baseUrl)
      state.folder("checkpoint-permissions")
      state.write(file, text)
      state.age(file, seconds)
      yield* exits(code, cli(applying))
      assert.deepStrictEqual(state.files("checkpoint-permissions").length, code === 0 ? 0 : 1)
    })
  }

  test("causes one warning if it cannot be written, and the apply continues", server, function* () {
    const { home, cli } = yield* world
    home.write("file", "")
    for (const env of [{ XDG_STATE_HOME: "", HOME: "" }, { XDG_STATE_HOME: `${home.path}/file` }]) {
      const { stderr } = yield* exits(0, cli(applying, env))
      assert.match(stderr, /^apply: continuing without a lock, do not start another apply: .*\n$/)
      assert.strictEqual((yield* exits(0, cli([...applying, "--no-lock"], env))).stderr, "")
    }
  })

  test("is not written with --fake", server, function* () {
    const { cli, home, state } = yield* world
    home.write("policy.yaml", policyOf([weather], "proj_001"))
    yield* exits(0, cli([...applying, "--fake", "--max-revokes", "50"], { OPENAI_BASE_URL: "" }))
    assert.deepStrictEqual(state.files(), [])
  })

  scopedWith("of another process that was written meanwhile stays", Layer.empty, function* () {
    const home = yield* folder
    const other = yield* Effect.once(Effect.sync(() => home.write("server.lock", textOf(process.pid))))
    const late = Effect.map(FileSystem.FileSystem, (fs) => ({
      ...fs,
      remove: (...args: Parameters<typeof fs.remove>) => Effect.zipRight(other, fs.remove(...args)),
      writeFileString: (...args: Parameters<typeof fs.writeFileString>) =>
        Effect.zipRight(other, fs.writeFileString(...args))
    }))
    const taken = yield* Effect.flatMap(Lock.make(home.at("server.lock")), ({ take }) => take).pipe(
      Effect.scoped,
      Effect.provideServiceEffect(FileSystem.FileSystem, late),
      Effect.provide(NodeContext.layer)
    )
    assert.isTrue(Option.isSome(taken))
    assert.strictEqual(home.read("server.lock"), textOf(process.pid))
  })

  scopedWith("is renewed every ten seconds, and that of another process stays", Layer.empty, function* () {
    const home = yield* folder
    const file = home.at("server.lock")
    const renewed = yield* Effect.makeLatch()
    const noting = Effect.map(FileSystem.FileSystem, (fs) => ({ ...fs, utimes: () => renewed.open }))
    yield* Effect.gen(function* () {
      const { take } = yield* Lock.make(file)
      assert.isTrue(Option.isNone(yield* take))
      yield* TestClock.adjust("10 seconds")
      yield* renewed.await
      home.write("server.lock", textOf(gone))
    }).pipe(
      Effect.scoped,
      Effect.provideServiceEffect(FileSystem.FileSystem, noting),
      Effect.provide(NodeContext.layer)
    )
    assert.strictEqual(home.read("server.lock"), textOf(gone))
  })
})
