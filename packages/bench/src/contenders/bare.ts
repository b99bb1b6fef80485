/**
 * The bound of every client that is built on `HttpClient`: the platform's own,
 * over the same transport as ours, and `JSON.parse`. No schema, no retry, no
 * time limit, no pace, no spans; nothing is checked.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { key, type Make } from "./contender.ts"
import type { Page } from "./page.ts"

export const make: Make = (baseUrl) => {
  const runtime = ManagedRuntime.make(NodeHttpClient.layerUndici)
  const run = <A, E>(effect: Effect.Effect<A, E, HttpClient.HttpClient>) =>
    runtime.runPromise(Effect.withTracerEnabled(effect, false))
  const ask = (checkpoint: string, limit: number | undefined, after: string | undefined) => {
    const request = HttpClientRequest.get(
      `${baseUrl}/fine_tuning/checkpoints/${encodeURIComponent(checkpoint)}/permissions`,
      { urlParams: { limit, after }, headers: { authorization: `Bearer ${key}`, accept: "application/json" } }
    )
    return Effect.flatMap(HttpClient.execute(request), (response) =>
      Effect.map(response.text, (text): Page => JSON.parse(text))
    )
  }
  const all = (checkpoint: string, limit: number | undefined, take: (page: Page) => Effect.Effect<number>) =>
    run(
      Effect.gen(function* () {
        let sum = 0
        let after: string | undefined
        do {
          const page = yield* ask(checkpoint, limit, after)
          sum += yield* take(page)
          after = page.has_more ? page.last_id : undefined
        } while (after !== undefined)
        return sum
      })
    )
  return {
    stream: (checkpoint, limit) =>
      all(checkpoint, limit, (page) =>
        Effect.succeed(page.data.reduce((sum, permission) => sum + permission.project_id.length, 0))
      ),
    slowly: (checkpoint, limit, pause) =>
      all(checkpoint, limit, (page) => Effect.as(Effect.sleep(pause), page.data.length)),
    lists: (checkpoint, count, concurrency) => {
      let sum = 0
      return run(
        Effect.forEach(
          Array.from({ length: count }),
          () =>
            Effect.map(ask(checkpoint, undefined, undefined), (page) => {
              sum += page.data.length
            }),
          { concurrency, discard: true }
        ).pipe(Effect.map(() => sum))
      )
    }
  }
}
