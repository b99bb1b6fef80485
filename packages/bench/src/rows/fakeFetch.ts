/** The in-process fake as a `fetch`, for the official SDK. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"

const methods = ["GET", "POST", "DELETE"] as const

/** Answers in a fiber of whoever asks for it: the fake's latency and quota follow that fiber's `Clock`. */
export const fetchOf: Effect.Effect<typeof globalThis.fetch, never, HttpClient.HttpClient> = Effect.gen(function* () {
  const client = yield* HttpClient.HttpClient
  const runtime = yield* Effect.runtime()
  return async (input, init) => {
    const url = typeof input === "string" ? input : input instanceof URL ? input.href : input.url
    const method = methods.find((name) => name === (init?.method ?? "GET").toUpperCase()) ?? "GET"
    const headers = Object.fromEntries(new Headers(init?.headers))
    const request = HttpClientRequest.make(method)(url, { headers })
    const reply = await Runtime.runPromise(runtime)(
      Effect.flatMap(client.execute(request), (reply) => Effect.map(reply.text, (text) => ({ reply, text })))
    )
    return new Response(reply.text, { status: reply.reply.status, headers: { ...reply.reply.headers } })
  }
})
