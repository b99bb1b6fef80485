import { Emulator, FakePermissions, Faults } from "@checkpoint-permissions/testing"
import * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe } from "@effect/vitest"
import { Duration, Effect, Layer, Option, TestClock } from "effect"
import { SharedFake } from "../src/internal/server/server.ts"
import * as Interruption from "../src/internal/terminal/interruption.ts"
import { begin, exits, longWaitsUntil } from "./support/inProcess.ts"
import { silentScreen } from "./support/screen.ts"
import { live, scoped, test } from "./support/test.ts"
import { folder, organization, policyOf, seed, weather, world } from "./support/world.ts"

const checkpoints = Array.from({ length: 6 }, (_, n) => `ft:gpt-4o-mini:org:model:${n}`)

describe("SIGINT while a command waits for the rate limiter", () => {
  const commands: ReadonlyArray<ReadonlyArray<string>> = [
    ["audit", "--from", "policy.yaml"],
    ["export", "--from", "policy.yaml"],
    ["plan", "-f", "policy.yaml"],
    ["apply", "-f", "policy.yaml", "--yes"],
    ["drift", "-f", "policy.yaml"],
    ["review", "-f", "policy.yaml", "--all"],
    ["offboard", "proj_a", "--from", "policy.yaml", "--yes"],
    ["discover", "--from", "policy.yaml"],
    ["history"]
  ]
  for (const args of commands) {
    live(`ends ${args[0]} with 130`, function* () {
      const home = yield* folder
      home.write("policy.yaml", policyOf(checkpoints, "proj_a"))
      const fake = FakePermissions.layer({
        seed: Object.fromEntries(checkpoints.map((id) => [id, ["proj_a"]])),
        organization: {
          projects: ["proj_a"],
          events: Array.from({ length: 500 }, (_, n) => ({
            ...{ type: "checkpoint.permission.created", effective_at: Math.floor(Date.now() / 1000) - n - 60 },
            ...{ permission_id: `cp_${n}`, project_id: "proj_a", fine_tuned_model_checkpoint: checkpoints[0] }
          }))
        }
      })
      const outcome = yield* Effect.gen(function* () {
        const http = yield* HttpClient.HttpClient
        const running = yield* Effect.provideService(
          begin([...args, "--fake", "--rate", "1/minute"], { cwd: home.path, terminal: true, columns: 200 }),
          SharedFake,
          http
        )
        yield* running.says("rate limited, next request at")
        yield* running.signal("SIGINT")
        return yield* Effect.timeout(running.outcome, "20 seconds")
      }).pipe(Effect.provide(fake))
      assert.strictEqual(outcome.code, 130, outcome.stderr)
    })
  }
})

describe("--max-duration", () => {
  scoped("is one time for all parts of a command, and is reported once", function* () {
    const said: Array<string> = []
    const ended: Array<string> = []
    const limit = { maxDuration: Option.some(Duration.seconds(20)) }
    const parts = Interruption.stoppable("audit", "printing partial results", limit, (stop) =>
      Effect.forEach(["projects", "log", "checkpoints"], (part) =>
        Effect.raceFirst(Effect.as(stop, "stopped"), Effect.as(Effect.sleep("15 seconds"), "read")).pipe(
          Effect.map((end) => ended.push(`${part} ${end}`))
        )
      )
    )
    const services = Layer.merge(silentScreen(said), Layer.succeed(Interruption.Interruption, Interruption.make()))
    const fiber = yield* Effect.fork(Effect.provide(parts, services))
    yield* TestClock.adjust("20 seconds")
    yield* fiber
    assert.deepStrictEqual(ended, ["projects read", "log stopped", "checkpoints stopped"])
    assert.deepStrictEqual(said, ["audit: --max-duration of 20s reached: printing partial results\n"])
  })

  /** The requests of a history. */
  const order = ["list-projects", "list-audit-logs", "list-admin-keys"] as const
  const byKey = {
    type: "checkpoint.permission.created",
    effective_at: Math.floor(Date.now() / 1000) - 60,
    permission_id: "cp_by_key",
    project_id: "proj_a",
    fine_tuned_model_checkpoint: weather,
    actor: { key: "key_1" }
  }
  const rows: ReadonlyArray<
    readonly [operation: (typeof order)[number], args: ReadonlyArray<string>, stderr: RegExp, requests?: number]
  > = [
    ["list-projects", ["history"], /history: stopped\n$/],
    ["list-admin-keys", ["history"], /history: names of keys not read: stopped\n$/],
    ["list-projects", ["history", "--project", "proj_a"], /history: stopped\n$/],
    [
      "list-projects",
      ["offboard", "proj_a", "--yes"],
      /offboard: interrupted before any change\. Run the same command/
    ],
    ["list-audit-logs", ["offboard", "proj_a", "--yes"], /offboard: Interrupted: 0 permissions revoked/],
    ["list-projects", ["review", "-f", "policy.yaml"], /review: interrupted before the server's day was known\n$/],
    ["list-projects", ["audit"], /audit: interrupted before a checkpoint was known\n$/],
    ["list-audit-logs", ["audit"], /audit: interrupted before a checkpoint was known\n$/],
    [
      "list-projects",
      ["plan", "-f", "policy.yaml"],
      /plan: 2 checkpoints could not be read: no changes planned there\n$/
    ],
    ["list-projects", ["export", weather], /export: 1 of 1 checkpoint incomplete \(not read: stopped\)\n$/],
    ["list-projects", ["discover"], /discover: audit log incomplete, other checkpoints may exist: stopped\n$/],
    ["list-audit-logs", ["discover"], /discover: audit log incomplete, other checkpoints may exist: stopped\n$/],
    ["list-admin-keys", ["discover"], /discover: names of keys may be missing\n$/],
    ["list-audit-logs", ["audit", weather], /audit: actors of grants may be missing: stopped\n$/, 3],
    [
      "list-audit-logs",
      ["drift", "-f", "policy.yaml"],
      /drift: interrupted: the audit log may not be searched to its end\n$/,
      4
    ]
  ]
  for (const [operation, args, message, requests = order.indexOf(operation) + 1] of rows) {
    test(
      `ends ${args.join(" ")} while ${operation} is not answered`,
      Emulator.layer({ seed, organization: { ...organization, events: [byKey] } }),
      function* () {
        const { cli, fake } = yield* world
        yield* fake.inject(Faults.latency({ before: "1 hour" }), { operation, times: 9 })
        const ended = cli([...args, "--max-duration", "1h"]).pipe(
          longWaitsUntil("30 minutes", fake.awaitRequests(requests))
        )
        const { stderr, stdout } = yield* exits(4, ended)
        assert.include(stderr, `${args[0]}: --max-duration of 1h reached: `)
        assert.match(stderr, message)
        assert.notInclude(stderr, "the audit log is off")
        assert.notInclude(stdout, "audit log (empty)")
        assert.lengthOf((yield* fake.allPermissions)[weather] ?? [], 3)
      }
    )
  }
})
