import { Emulator } from "@checkpoint-permissions/testing"
import { Effect } from "effect"

const many = Object.fromEntries(
  Array.from({ length: 30 }, (_, i) => [`ft:gpt-4o-mini-2024-07-18:org:m${i}:A1`, ["proj_out"]])
)
Effect.runFork(
  Effect.gen(function* () {
    const { baseUrl } = yield* Emulator.Emulator
    console.log(baseUrl)
    yield* Effect.never
  }).pipe(
    Effect.provide(
      Emulator.layer({
        port: 4012,
        seed: many,
        behavior: { latency: "100 millis", rate: { requests: 10, per: "20 seconds" } }
      })
    )
  )
)
