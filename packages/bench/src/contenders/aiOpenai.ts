/** The generated client of `@effect/ai-openai`, over the same transport as ours, with a paging loop as one writes it by hand. */
import * as Generated from "@effect/ai-openai/Generated"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { key, type Make } from "./contender.ts"

export const make: Make = (baseUrl) => {
  const runtime = ManagedRuntime.make(Layer.mergeAll(NodeHttpClient.layerUndici))
  const run = <A, E>(use: (client: Generated.Client) => Effect.Effect<A, E>) =>
    runtime.runPromise(
      Effect.flatMap(HttpClient.HttpClient, (client) =>
        use(
          Generated.make(
            client.pipe(
              HttpClient.mapRequest((request) =>
                request.pipe(HttpClientRequest.prependUrl(baseUrl), HttpClientRequest.bearerToken(key))
              )
            )
          )
        )
      )
    )
  const pages = (client: Generated.Client, checkpoint: string, limit: number | undefined) =>
    Stream.paginateEffect(Option.none<string>(), (after) =>
      client
        .listFineTuningCheckpointPermissions(checkpoint, { limit, after: Option.getOrUndefined(after) })
        .pipe(
          Effect.map(
            (page) => [page, page.has_more ? Option.some(Option.fromNullable(page.last_id)) : Option.none()] as const
          )
        )
    )
  return {
    stream: (checkpoint, limit) =>
      run((client) =>
        pages(client, checkpoint, limit).pipe(
          Stream.map((page) => Chunk.unsafeFromArray(page.data)),
          Stream.flattenChunks,
          Stream.runFold(0, (sum, permission) => sum + permission.project_id.length)
        )
      ),
    slowly: (checkpoint, limit, pause) =>
      run((client) =>
        pages(client, checkpoint, limit).pipe(
          Stream.mapEffect((page) => Effect.as(Effect.sleep(pause), page.data.length)),
          Stream.runSum
        )
      ),
    lists: (checkpoint, count, concurrency) => {
      let sum = 0
      return run((client) =>
        Effect.forEach(
          Array.from({ length: count }),
          () =>
            Effect.map(client.listFineTuningCheckpointPermissions(checkpoint), (page) => {
              sum += page.data.length
            }),
          { concurrency, discard: true }
        ).pipe(Effect.map(() => sum))
      )
    }
  }
}
