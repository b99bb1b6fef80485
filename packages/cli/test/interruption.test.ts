import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Option, TestClock } from "effect"
import * as Interruption from "../src/internal/terminal/interruption.ts"
import { silentScreen } from "./support/screen.ts"

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
})
