import { Emulator } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { exits } from "./support/inProcess.ts"
import { test } from "./support/test.ts"
import { old, seed, weather, world } from "./support/world.ts"

/** A second create of the same project makes a second permission. */
const server = Emulator.layer({ seed, behavior: { regrant: "second" } })

const applying = ["apply", "--file", "policy.yaml", "--yes"] as const

/** An apply in this process that has sent so many requests, whose last one is not answered. */
const held = (requests: number) =>
  Effect.gen(function* () {
    const there = yield* world
    const { begin, fake } = there
    yield* fake.setBehavior({ latency: requests === 1 ? "1 hour" : "300 millis", regrant: "second" })
    const first = yield* begin(applying)
    yield* fake.awaitRequests(requests)
    yield* fake.setBehavior({ latency: "0 millis", regrant: "second" })
    return { ...there, first }
  })

/** A process that has sent a request, holds its lock, and sends nothing more however long this takes. */
const frozen = (args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const there = yield* world
    const { fake, start } = there
    yield* fake.setBehavior({ latency: "1 hour", regrant: "second" })
    const first = yield* start(args)
    yield* fake.awaitRequests(1)
    yield* first.signal("SIGSTOP")
    yield* fake.setBehavior({ latency: "0 millis", regrant: "second" })
    return { ...there, first }
  })

const holder = (pid: number, command: string) =>
  new RegExp(
    `is locked by process ${pid} on \\S+ \\(${command}\\), since \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC`
  )

describe.concurrent("a second apply", () => {
  test("at once is refused, before a request, and names who is at work", server, function* () {
    const { fake, first, cli } = yield* frozen(applying)
    const second = yield* exits(5, cli(applying))
    assert.match(second.stderr, holder(first.pid, "apply"))
    assert.isBelow((yield* fake.requests).length, 3)
    yield* first.signal("SIGKILL")
    yield* first.outcome
    // A process that has ended holds nothing.
    yield* exits(0, cli(applying))
  })

  test("waits as long as --lock-timeout says, and then plans", server, function* () {
    const { cli, fake, first } = yield* held(3)
    const second = yield* exits(0, cli([...applying, "--lock-timeout", "1m"]))
    yield* exits(0, first.outcome)
    assert.match(second.stdout, /2 of 2 checkpoints were as the policy wants when read/)
    const writes = (yield* fake.requests).filter(({ method }) => method !== "GET")
    assert.strictEqual(writes.length, 4)
    assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a", "proj_b", "proj_c"])
  })

  test("to another organization, with another state folder or with --no-lock is not held up", server, function* () {
    for (const args of [["--openai-organization", "org-a"], ["--state-dir", "elsewhere"], ["--no-lock"]]) {
      const { first, cli } = yield* held(1)
      yield* exits(0, cli([...applying, ...args]))
      yield* first.signal("SIGINT")
    }
  })

  test("that waits is ended by Ctrl-C", server, function* () {
    const { begin } = yield* held(1)
    const second = yield* begin([...applying, "--lock-timeout", "1m"])
    yield* second.says(`apply: waits up to 1m for process ${process.pid} on `)
    yield* second.signal("SIGINT")
    const { stderr } = yield* exits(130, second.outcome)
    assert.include(stderr, "apply: interrupted before anything was changed")
  })
})

describe.concurrent("a checkpoint that an apply works on", () => {
  test(
    "is not granted or revoked at the same time: they wait, and with --lock-timeout 0 they are refused",
    server,
    function* () {
      const { begin, cli, fake, first: granting } = yield* frozen(["grant", weather, "proj_new"])
      const { length } = yield* fake.requests
      for (const command of ["grant", "revoke"]) {
        const { stderr } = yield* exits(5, cli([command, weather, "proj_x", "--lock-timeout", "0"]))
        assert.match(stderr, holder(granting.pid, "grant"))
      }
      const waiting = yield* begin(["revoke", weather, "proj_x"])
      yield* waiting.says(`revoke: waits up to 5m for process ${granting.pid} on `)
      assert.strictEqual((yield* fake.requests).length, length)
      yield* granting.signal("SIGKILL")
      const { code, stdout } = yield* waiting.outcome
      assert.deepStrictEqual([code, stdout], [0, "revoked proj_x\n"])
    }
  )

  test("does not hold up another one, nor create, delete and --no-lock", server, function* () {
    const { cli, fake } = yield* frozen(["grant", weather, "proj_new"])
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
      yield* exits(0, cli(args))
    }
  })
})

describe.concurrent("locks", () => {
  test("that cannot be written draw one warning, and the command goes on", server, function* () {
    const { home, cli } = yield* world
    home.write("file", "")
    for (const env of [{ XDG_STATE_HOME: "", HOME: "" }, { XDG_STATE_HOME: `${home.path}/file` }]) {
      for (const args of [["grant", weather, "proj_new"], applying]) {
        const { stderr } = yield* exits(0, cli(args, env))
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
    yield* exits(0, cli(["grant", weather, "proj_new", "--fake"], { OPENAI_BASE_URL: "" }))
    assert.deepStrictEqual(state.files(), [])
    yield* exits(0, cli(["grant", weather, "proj_new"]))
    yield* exits(0, cli(applying))
    assert.deepStrictEqual(state.files("checkpoint-permissions/locks"), [])
  })
})
