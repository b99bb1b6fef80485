/** As `ours3.ts`, for Effect 4. */
import * as CheckpointPermissions from "@checkpoint-permissions/effect4/CheckpointPermissions"
import * as Effect from "effect-4/Effect"
import * as Layer from "effect-4/Layer"
import * as ManagedRuntime from "effect-4/ManagedRuntime"
import * as Redacted from "effect-4/Redacted"
import * as Stream from "effect-4/Stream"
import { key, type Make, pageSize } from "./contender.ts"
import { layerUndici } from "./transport4.ts"

export const make: Make = (apiUrl) => {
  const { runPromise } = ManagedRuntime.make(
    CheckpointPermissions.layer({ adminKey: Redacted.make(key), apiUrl }).pipe(Layer.provide(layerUndici))
  )
  return {
    stream: async (checkpoint) => {
      let sum = 0
      await CheckpointPermissions.stream(checkpoint, { limit: pageSize }).pipe(
        Stream.runForEachArray((all) =>
          Effect.sync(() => {
            for (const permission of all) sum += permission.project_id.length
          })
        ),
        runPromise
      )
      return sum
    },
    lists: (checkpoint, count) =>
      runPromise(
        Effect.gen(function* () {
          let sum = 0
          for (let i = 0; i < count; i++) sum += (yield* CheckpointPermissions.list(checkpoint)).data.length
          return sum
        })
      )
  }
}
