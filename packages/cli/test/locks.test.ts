import { Emulator } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { old, seed, test, weather, world } from "./support/world.ts"

/** A second create of the same project makes a second permission. */
const server = Emulator.layer({ seed, behavior: { regrant: "second" } })

const applying = ["apply", "--file", "policy.yaml", "--yes"] as const

/** An apply that has sent so many requests, whose last one is not answered. */
const held = (requests: number) =>
  Effect.gen(function* () {
    const there = yield* world
    const { fake, start } = there
    yield* fake.setBehavior({ latency: requests === 1 ? "1 minute" : "300 millis", regrant: "second" })
    const first = yield* start(applying)
    yield* fake.awaitRequests(requests)
    yield* fake.setBehavior({ latency: "0 millis", regrant: "second" })
    return { ...there, first }
  })

const holder = (pid: number, command: string) =>
  new RegExp(
    `is locked by process ${pid} on \\S+ \\(${command}\\), since \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC`
  )

describe.concurrent("a second apply", () => {
  test("at once is refused, before a request, and names who is at work", server, function* () {
    const { fake, first, cli } = yield* held(1)
    // However long the second takes to start, the first does not end meanwhile.
    yield* first.signal("SIGSTOP")
    const second = yield* cli(applying)
    assert.strictEqual(second.code, 5, second.stderr)
    assert.match(second.stderr, holder(first.pid, "apply"))
    assert.isBelow((yield* fake.requests).length, 3)
    yield* first.signal("SIGKILL")
    yield* first.outcome
    // A process that has ended holds nothing.
    const again = yield* cli(applying)
    assert.strictEqual(again.code, 0, again.stderr)
  })

  test("waits as long as --lock-timeout says, and then plans", server, function* () {
    const { fake, first, cli } = yield* held(3)
    const second = yield* cli([...applying, "--lock-timeout", "1m"])
    assert.strictEqual(second.code, 0, second.stderr)
    assert.strictEqual((yield* first.outcome).code, 0)
    assert.match(second.stdout, /2 of 2 checkpoints were as the policy wants when read/)
    const writes = (yield* fake.requests).filter(({ method }) => method !== "GET")
    assert.strictEqual(writes.length, 4)
    assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a", "proj_b", "proj_c"])
  })

  test("to another organization, with another state folder or with --no-lock is not held up", server, function* () {
    for (const args of [["--openai-organization", "org-a"], ["--state-dir", "elsewhere"], ["--no-lock"]]) {
      const { first, cli } = yield* held(1)
      const second = yield* cli([...applying, ...args])
      assert.strictEqual(second.code, 0, second.stderr)
      yield* first.signal("SIGKILL")
    }
  })

  test("that waits is ended by Ctrl-C", server, function* () {
    const { first, start } = yield* held(1)
    // However long the second takes to start, the first does not end meanwhile.
    yield* first.signal("SIGSTOP")
    const second = yield* start([...applying, "--lock-timeout", "1m"])
    yield* second.says(`apply: waits up to 1m for process ${first.pid} on `)
    yield* second.signal("SIGINT")
    const { code, stderr } = yield* second.outcome
    assert.strictEqual(code, 130)
    assert.include(stderr, "apply: interrupted before anything was changed")
    yield* first.signal("SIGKILL")
  })
})

describe.concurrent("a checkpoint that an apply works on", () => {
  it.scopedLive(
    "is not granted or revoked at the same time: they wait, and with --lock-timeout 0 they are refused",
    () =>
      Effect.gen(function* () {
        const { fake, cli, start } = yield* world
        yield* fake.setBehavior({ latency: "1 minute", regrant: "second" })
        const granting = yield* start(["grant", weather, "proj_new"])
        yield* fake.awaitRequests(1)
        // It holds its lock, and sends nothing more however long this takes.
        yield* granting.signal("SIGSTOP")
        const { length } = yield* fake.requests
        for (const command of ["grant", "revoke"]) {
          const { code, stderr } = yield* cli([command, weather, "proj_x", "--lock-timeout", "0"])
          assert.strictEqual(code, 5)
          assert.match(stderr, holder(granting.pid, "grant"))
        }
        yield* fake.setBehavior({ latency: "0 millis", regrant: "second" })
        const waiting = yield* start(["revoke", weather, "proj_x"])
        yield* waiting.says(`revoke: waits up to 5m for process ${granting.pid} on `)
        assert.strictEqual((yield* fake.requests).length, length)
        yield* granting.signal("SIGKILL")
        const { code, stdout } = yield* waiting.outcome
        assert.deepStrictEqual([code, stdout], [0, "revoked proj_x\n"])
      }).pipe(Effect.provide(server))
  )

  test("does not hold up another one, nor create, delete and --no-lock", server, function* () {
    const { fake, cli, start } = yield* world
    yield* fake.setBehavior({ latency: "1 minute", regrant: "second" })
    const granting = yield* start(["grant", weather, "proj_new"])
    yield* fake.awaitRequests(1)
    yield* fake.setBehavior({ latency: "0 millis", regrant: "second" })
    const [permission] = yield* fake.permissions(weather)
    const free = [
      ["grant", old, "proj_new", "--lock-timeout", "0"],
      ["grant", weather, "proj_n", "--lock-timeout", "0", "--no-lock"],
      ["api", "create", weather, "proj_m"],
      ["api", "delete", weather, permission?.id ?? ""],
      ["plan", "--file", "policy.yaml"],
      ["audit", weather]
    ]
    for (const args of free) {
      const { code, stderr } = yield* cli(args)
      assert.strictEqual(code, 0, stderr)
    }
    yield* granting.signal("SIGKILL")
  })
})

describe.concurrent("locks", () => {
  test("that cannot be written draw one warning, and the command goes on", server, function* () {
    const { home, cli } = yield* world
    home.write("file", "")
    for (const env of [{ XDG_STATE_HOME: "", HOME: "" }, { XDG_STATE_HOME: `${home.path}/file` }]) {
      for (const args of [["grant", weather, "proj_new"], applying]) {
        const { code, stderr } = yield* cli(args, env)
        assert.strictEqual(code, 0, stderr)
        assert.match(
          stderr,
          new RegExp(`^${args[0]}: going on without locks, so do not start another run meanwhile: .*\\n$`)
        )
      }
    }
    const off = yield* cli(["grant", weather, "proj_new", "--no-lock"], { XDG_STATE_HOME: "", HOME: "" })
    assert.deepStrictEqual([off.code, off.stderr], [0, ""])
  })

  test("are not taken with --fake, and none is left behind", server, function* () {
    const { cli, state } = yield* world
    const fake = yield* cli(["grant", weather, "proj_new", "--fake"], { OPENAI_BASE_URL: "" })
    assert.strictEqual(fake.code, 0, fake.stderr)
    assert.deepStrictEqual(state.files(), [])
    assert.strictEqual((yield* cli(["grant", weather, "proj_new"])).code, 0)
    assert.strictEqual((yield* cli(applying)).code, 0)
    assert.deepStrictEqual(state.files("checkpoint-permissions/locks"), [])
  })
})
