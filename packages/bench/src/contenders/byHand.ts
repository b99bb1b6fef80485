/**
 * An application without this library: `HttpClient` with `filterStatusOk`, `retryTransient`, a timeout, a span and a
 * schema. It has no rate limiter, ignores `Retry-After`, and does not check paging.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Schema from "effect/Schema"
import { key, type Make, pageSize } from "./contender.ts"

const Page = Schema.Struct({
  object: Schema.Literal("list"),
  data: Schema.Array(
    Schema.Struct({
      id: Schema.String,
      object: Schema.Literal("checkpoint.permission"),
      created_at: Schema.Number,
      project_id: Schema.String
    })
  ),
  first_id: Schema.NullOr(Schema.String),
  last_id: Schema.NullOr(Schema.String),
  has_more: Schema.Boolean
})

/** Requests a page. `read` reads its body. */
export const ask =
  <A, E, R>(apiUrl: string, read: (response: HttpClientResponse.HttpClientResponse) => Effect.Effect<A, E, R>) =>
  (checkpoint: string, urlParams: { readonly limit?: number; readonly after?: string | undefined } = {}) =>
    Effect.flatMap(HttpClient.HttpClient, (client) =>
      client.pipe(HttpClient.filterStatusOk, HttpClient.retryTransient({ times: 5 })).execute(
        HttpClientRequest.get(`${apiUrl}/fine_tuning/checkpoints/${encodeURIComponent(checkpoint)}/permissions`, {
          urlParams,
          headers: { authorization: `Bearer ${key}`, accept: "application/json" }
        })
      )
    ).pipe(Effect.flatMap(read), Effect.timeout("30 seconds"), Effect.withSpan("list", { attributes: { checkpoint } }))

const readPage = HttpClientResponse.schemaBodyJson(Page)

export const make: Make = (apiUrl) => {
  const runtime = ManagedRuntime.make(NodeHttpClient.layerUndici)
  const page = ask(apiUrl, readPage)
  const stream = Effect.fnUntraced(function* (checkpoint: string) {
    let sum = 0
    let after: string | undefined
    do {
      const { data, has_more, last_id } = yield* page(checkpoint, { limit: pageSize, after })
      for (const permission of data) sum += permission.project_id.length
      after = has_more ? (last_id ?? undefined) : undefined
    } while (after !== undefined)
    return sum
  })
  const lists = Effect.fnUntraced(function* (checkpoint: string, count: number) {
    let sum = 0
    for (let i = 0; i < count; i++) sum += (yield* page(checkpoint)).data.length
    return sum
  })
  return {
    stream: (checkpoint) => runtime.runPromise(stream(checkpoint)),
    lists: (checkpoint, count) => runtime.runPromise(lists(checkpoint, count))
  }
}
