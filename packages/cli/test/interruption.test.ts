import { Emulator, Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Option, TestClock } from "effect"
import * as Interruption from "../src/internal/terminal/interruption.ts"
import { exits, longWaitsUntil } from "./support/inProcess.ts"
import { silentScreen } from "./support/screen.ts"
import { test } from "./support/test.ts"
import { organization, seed, weather, world } from "./support/world.ts"

describe("--max-duration", () => {
  it.effect("is one time for all parts of a command, and is reported once", () =>
    Effect.gen(function* () {
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
  )

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
