import { Emulator, Faults } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Deferred, Effect } from "effect"
import type { Running } from "../../cli/test/support/binary.ts"
import { commandsOn } from "./support/action.ts"
import { changed, path, policyOf, server, test, world } from "./support/world.ts"

describe.concurrent("a cancelled apply", () => {
  const wanted = policyOf(Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`model-${n}`, "proj_a"])))

  test(
    "lets requests in flight finish, reports its changes, and the next one applies the rest once",
    server({}, { latency: "50 millis" }),
    function* () {
      const { elsewhere, fake, hub, run } = yield* world
      // the first push has a base: a policy without entries
      hub.push({ [path]: "version: 1\ncheckpoints: {}\n" })
      yield* run({ command: "plan", trigger: "workflow_dispatch", workflow: "access-apply.yml" })
      hub.push(wanted)
      const first = { command: "apply", inputs: { rate: "600/minute" } } as const
      const before = (yield* fake.requests).length
      // It ends after it has received the signal.
      const unanswered = {
        fault: Faults.latency({ before: "1 hour" }),
        operation: "create",
        nth: 10,
        times: 40
      } as const
      yield* fake.setFaults(Faults.scripted([unanswered]))
      const { baseUrl } = yield* Emulator.Emulator
      const meanwhile = ({ says, signal }: Running) =>
        Effect.gen(function* () {
          let count = before
          while (Object.values(yield* fake.allPermissions).flat().length === 0) yield* fake.awaitRequests(++count)
          yield* signal("SIGTERM")
          yield* says("finishing requests in flight")
          yield* fake.setFaults(Faults.none)
          const body = JSON.stringify({ advance: "1 hour" })
          const headers = { "content-type": "application/json" }
          yield* Effect.promise(() => fetch(new URL("/__fake/clock", baseUrl), { method: "POST", headers, body }))
        })
      const { file, folder, summary } = yield* run({ ...first, meanwhile }, 143)
      assert.strictEqual(commandsOn(folder).size, 0)
      const has = Object.values(yield* fake.allPermissions).flat().length
      assert.isAbove(has, 0)
      assert.isBelow(has, 40)
      assert.strictEqual(summary.match(/^\+ proj_a /gm)?.length, has, summary)
      assert.match(summary, /### Access apply: \d+ granted, 0 revoked/)
      assert.strictEqual(file("access.journal").match(/"outcome":"done"/g)?.length, has)

      const again = yield* elsewhere
      yield* again({ command: "apply" })
      assert.strictEqual(Object.values(yield* fake.allPermissions).flat().length, 40)
      assert.strictEqual(changed(yield* fake.requests), 40)
    }
  )

  test("changes nothing if the command line was not started, and reports that", server({}), function* () {
    const { fake, hub, run, state } = yield* world
    hub.push(wanted)
    const asked = yield* Deferred.make<void>()
    const answered = yield* Deferred.make<void>()
    const until = () => Effect.runPromise(Effect.zipRight(Deferred.succeed(asked, undefined), Deferred.await(answered)))
    state.holds.push({ to: /^GET \/actions/, until })
    const meanwhile = ({ signal }: Running) =>
      Deferred.await(asked).pipe(
        Effect.zipRight(signal("SIGTERM")),
        Effect.zipRight(Deferred.succeed(answered, undefined))
      )
    const { log, summary } = yield* run({ command: "apply", meanwhile }, 143)
    assert.include(log, "::error::cancelled: nothing was changed")
    assert.include(summary, "cancelled: nothing was changed")
    assert.deepStrictEqual(yield* fake.requests, [])
  })

  test(
    "a command line that another program ends is a failure, and no cancellation",
    server({}, { latency: "500 millis" }),
    function* () {
      const { fake, hub, run } = yield* world
      hub.push({ [path]: "version: 1\ncheckpoints: {}\n" })
      yield* run({ command: "plan", trigger: "workflow_dispatch", workflow: "access-apply.yml" })
      hub.push(wanted)
      const meanwhile = (_: Running, folder: string) =>
        Effect.gen(function* () {
          yield* fake.awaitRequests(1)
          for (const pid of commandsOn(folder).keys()) process.kill(Number(pid), "SIGKILL")
        })
      const { log } = yield* run({ command: "apply", meanwhile }, 1)
      assert.include(log, "::error::")
      assert.notInclude(log, "cancelled")
    }
  )

  test(
    "changes nothing if it had not started to apply, and reports that",
    server({}, { latency: "500 millis" }),
    function* () {
      const { fake, hub, run } = yield* world
      hub.push({ [path]: "version: 1\ncheckpoints: {}\n" })
      yield* run({ command: "plan", trigger: "workflow_dispatch", workflow: "access-apply.yml" })
      hub.push(wanted)
      const seen: Array<string> = []
      const meanwhile = ({ signal }: Running, folder: string) =>
        Effect.gen(function* () {
          yield* fake.awaitRequests(1)
          seen.push(...[...commandsOn(folder).values()].flat())
          yield* signal("SIGINT")
        })
      const env = { RUNNER_TRACKING_ID: "github_42", GITHUB_TOKEN: "ghs_test", HTTPS_PROXY: "" }
      const { folder } = yield* run({ command: "apply", env, meanwhile }, 143)
      assert.strictEqual(changed(yield* fake.requests), 0)
      // The child has ended too. The runner would find it by the variable of its own.
      assert.strictEqual(commandsOn(folder).size, 0)
      const names = seen.map((variable) => variable.replace(/=.*/s, ""))
      assert.includeMembers(names, ["OPENAI_ADMIN_KEY", "PATH", "RUNNER_TRACKING_ID"])
      assert.deepStrictEqual(
        names.filter((name) => /^INPUT_|TOKEN/.test(name)),
        []
      )
    }
  )
})
