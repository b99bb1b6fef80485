/** The library for Effect 4 over an `HttpClient`, everything else at its default. */
import * as CheckpointPermissions from "@checkpoint-permissions/effect4/CheckpointPermissions"
import * as Effect from "effect-4/Effect"
import type * as HttpClient from "effect-4/http/HttpClient"
import * as Layer from "effect-4/Layer"
import * as ManagedRuntime from "effect-4/ManagedRuntime"
import * as Redacted from "effect-4/Redacted"
import * as Stream from "effect-4/Stream"
import { type Contender, key } from "../contenders/contender.ts"

export const make = (apiUrl: string, transport: Layer.Layer<HttpClient.HttpClient>): Contender => {
  const runtime = ManagedRuntime.make(
    CheckpointPermissions.layer({ adminKey: Redacted.make(key), apiUrl }).pipe(Layer.provide(transport))
  )
  const run = <A, E>(use: (service: CheckpointPermissions.Service) => Effect.Effect<A, E>) =>
    runtime.runPromise(CheckpointPermissions.CheckpointPermissions.use(use))
  return {
    stream: (checkpoint, limit) => {
      let sum = 0
      return run((permissions) =>
        permissions.stream(checkpoint, { limit }).pipe(
          Stream.runForEachArray((all) =>
            Effect.sync(() => {
              for (const permission of all) sum += permission.project_id.length
            })
          ),
          Effect.map(() => sum)
        )
      )
    },
    slowly: (checkpoint, limit, pause) => {
      let sum = 0
      return run((permissions) =>
        permissions.pages(checkpoint, { limit }).pipe(
          Stream.runForEach((page) =>
            Effect.map(Effect.sleep(pause), () => {
              sum += page.data.length
            })
          ),
          Effect.map(() => sum)
        )
      )
    },
    lists: (checkpoint, count, concurrency) => {
      let sum = 0
      return run((permissions) =>
        Effect.forEach(
          Array.from({ length: count }),
          () =>
            Effect.map(permissions.list(checkpoint), (page) => {
              sum += page.data.length
            }),
          { concurrency, discard: true }
        ).pipe(Effect.map(() => sum))
      )
    }
  }
}
