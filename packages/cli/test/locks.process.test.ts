import { chmodSync, copyFileSync } from "node:fs"
import { Emulator } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { bundle, start } from "./support/binary.ts"
import { exits } from "./support/inProcess.ts"
import { test } from "./support/test.ts"
import { organization, seed, world } from "./support/world.ts"

/** A second create of the same project makes a second permission. */
const server = Emulator.layer({ seed, organization, behavior: { regrant: "second" } })

const applying = ["apply", "--file", "policy.yaml", "--yes"] as const

/** An apply of a process that holds its lock, and sends nothing more however long this takes. */
const frozen = Effect.gen(function* () {
  const there = yield* world
  const { fake, start } = there
  yield* fake.setBehavior({ latency: "1 hour", regrant: "second" })
  const first = yield* start(applying)
  yield* fake.awaitRequests(2)
  yield* first.signal("SIGSTOP")
  yield* fake.setBehavior({ latency: "0 millis", regrant: "second" })
  return { ...there, first }
})

describe.concurrent("the lock of a process", () => {
  test("is refused, before a request, and names the first", server, function* () {
    const { fake, first, cli } = yield* frozen
    const second = yield* exits(5, cli(applying))
    assert.match(
      second.stderr,
      new RegExp(
        `apply: locked by apply --file policy\\.yaml --yes \\(pid ${first.pid} on \\S+\\) since .* UTC: pass --lock-timeout to wait`
      )
    )
    assert.isBelow((yield* fake.requests).length, 3)
    yield* first.signal("SIGKILL")
    yield* first.outcome
    // A process that has ended holds nothing.
    yield* exits(0, cli(applying))
  })

  test("causes one warning if an ordinary user cannot write it", server, function* () {
    const { env, home } = yield* world
    const closed = home.at("closed")
    chmodSync(home.path, 0o755)
    // Root becomes another user, who may not be able to enter the folder of the clone.
    const program = home.at("checkpoint-permissions.mjs")
    copyFileSync(bundle, program)
    const user = process.getuid?.() === 0 ? { user: 65_534 } : {}
    const first = yield* start([...applying, "--state-dir", closed], env, { cwd: home.path, program, ...user })
    chmodSync(home.path, 0o555)
    yield* Effect.addFinalizer(() => Effect.sync(() => chmodSync(home.path, 0o755)))
    const { stderr } = yield* exits(0, first.outcome)
    assert.match(stderr, /^apply: continuing without a lock, do not start another apply: .*\n$/)
    assert.include(stderr, "EACCES")
  })
})
