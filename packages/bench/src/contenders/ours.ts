/** This library in an Effect application on Node: over `NodeHttpClient.layerUndici`, with defaults otherwise. */
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { key, type Make, pageSize } from "./contender.ts"

/** The same layer has another name in Effect 4. */
const runForEachChunk: typeof Stream.runForEachChunk = Reflect.get(Stream, "runForEachArray") ?? Stream.runForEachChunk

export const make: Make = (apiUrl) => {
  const { runPromise } = ManagedRuntime.make(
    CheckpointPermissions.layer({ adminKey: Redacted.make(key), apiUrl }).pipe(
      Layer.provide(NodeHttpClient.layerUndici)
    )
  )
  return {
    stream: async (checkpoint) => {
      let sum = 0
      await CheckpointPermissions.stream(checkpoint, { limit: pageSize }).pipe(
        runForEachChunk((chunk) =>
          Effect.sync(() => {
            for (const permission of chunk) sum += permission.project_id.length
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
