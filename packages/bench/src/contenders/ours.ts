/** This library as an Effect application on Node uses it: over `NodeHttpClient.layerUndici`, everything else at its default. */
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import * as Identifiers from "@checkpoint-permissions/core/Identifiers"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { key, type Make } from "./contender.ts"

export const make: Make = (apiUrl) => {
  const runtime = ManagedRuntime.make(
    CheckpointPermissions.layer({ adminKey: Redacted.make(key), apiUrl }).pipe(
      Layer.provide(NodeHttpClient.layerUndici)
    )
  )
  const run = <A, E>(use: (service: CheckpointPermissions.Service) => Effect.Effect<A, E>) =>
    runtime.runPromise(Effect.flatMap(CheckpointPermissions.CheckpointPermissions, use))
  const id = (checkpoint: string) => Identifiers.CheckpointId.make(checkpoint)
  return {
    stream: (checkpoint, limit) => {
      let sum = 0
      return run((permissions) =>
        permissions.stream(id(checkpoint), { limit }).pipe(
          Stream.runForEachChunk((chunk) =>
            Effect.sync(() => {
              for (const permission of chunk) sum += permission.project_id.length
            })
          ),
          Effect.map(() => sum)
        )
      )
    },
    slowly: (checkpoint, limit, pause) =>
      run((permissions) =>
        permissions.pages(id(checkpoint), { limit }).pipe(
          Stream.mapEffect((page) => Effect.as(Effect.sleep(pause), page.data.length)),
          Stream.runSum
        )
      ),
    lists: (checkpoint, count, concurrency) => {
      let sum = 0
      return run((permissions) =>
        Effect.forEach(
          Array.from({ length: count }),
          () =>
            Effect.map(permissions.list(id(checkpoint)), (page) => {
              sum += page.data.length
            }),
          { concurrency, discard: true }
        ).pipe(Effect.map(() => sum))
      )
    }
  }
}
