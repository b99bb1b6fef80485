/**
 * The lower bound of every client on `HttpClient`: the platform's client over the same transport, and `JSON.parse`. It
 * has no schema, retry, timeout, rate limiter or span, and checks nothing.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { key, type Make, type Page, pageSize } from "./contender.ts"

export const make: Make = (apiUrl) => {
  const runtime = ManagedRuntime.make(NodeHttpClient.layerUndici)
  const ask = (checkpoint: string, urlParams: { readonly limit?: number; readonly after?: string | undefined }) => {
    const url = `${apiUrl}/fine_tuning/checkpoints/${encodeURIComponent(checkpoint)}/permissions`
    const headers = { authorization: `Bearer ${key}`, accept: "application/json" }
    return HttpClient.execute(HttpClientRequest.get(url, { urlParams, headers })).pipe(
      Effect.flatMap((response) => response.text),
      Effect.map((text): Page => JSON.parse(text))
    )
  }
  const stream = Effect.fnUntraced(function* (checkpoint: string) {
    let sum = 0
    let after: string | undefined
    do {
      const page = yield* ask(checkpoint, { limit: pageSize, after })
      for (const permission of page.data) sum += permission.project_id.length
      after = page.has_more ? page.last_id : undefined
    } while (after !== undefined)
    return sum
  }, Effect.withTracerEnabled(false))
  const lists = Effect.fnUntraced(function* (checkpoint: string, count: number) {
    let sum = 0
    for (let i = 0; i < count; i++) sum += (yield* ask(checkpoint, {})).data.length
    return sum
  }, Effect.withTracerEnabled(false))
  return {
    stream: (checkpoint) => runtime.runPromise(stream(checkpoint)),
    lists: (checkpoint, count) => runtime.runPromise(lists(checkpoint, count))
  }
}
