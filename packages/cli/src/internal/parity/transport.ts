/** Sends the requests of a run over HTTP, with a rate limit and a maximum number. */
import { retryAfterOf } from "@checkpoint-permissions/protocol/failure"
import * as HttpBody from "@effect/platform/HttpBody"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { errorOf, parseJson } from "../server/body.ts"
import { type ApiRequest, type ApiResponse, Unanswered } from "./exchange.ts"

interface Options {
  /** Minimum time between two requests of an operation. */
  readonly interval: Duration.Duration
  /** Maximum number of requests, retries included. */
  readonly maxRequests: number
  /** Called before each request with the number of requests already sent. */
  readonly onRequest: (request: ApiRequest, sent: number) => Effect.Effect<void>
}

const timeout = Duration.seconds(30)

/**
 * The minimum and the maximum wait after a 429, in milliseconds. The measured quota of the real server is restored over
 * a minute.
 */
const [minRateLimitWait, maxRateLimitWait] = [60_000, 600_000]

/** The types and codes of a 429 after which no wait helps. */
const exhausted: ReadonlySet<string | undefined> = new Set(["insufficient_quota", "credit_balance_exhausted"])

/** Returns the wait after a 429 in milliseconds, or `undefined` if the request should not be repeated. */
const waitOf = ({ body, headers }: ApiResponse, now: number): number | undefined => {
  const { code, type } = errorOf(body)
  const wait = Math.max(minRateLimitWait, retryAfterOf(headers, now) ?? 0)
  return exhausted.has(code) || exhausted.has(type) || wait > maxRateLimitWait ? undefined : wait
}

const attempts = 3

const unanswered = (reason: string) => new Unanswered({ reason, sent: true })

/**
 * Sends one request. A transport error contains the request with its key, so only the kind of the error is reported.
 * The timeout applies even in an uninterruptible region.
 */
const execute = (client: HttpClient.HttpClient, { body, method, path, query }: ApiRequest) =>
  HttpClientRequest.make(method)(path, {
    urlParams: query,
    acceptJson: true,
    ...(body === undefined ? {} : { body: HttpBody.unsafeJson(body) })
  }).pipe(
    client.execute,
    Effect.flatMap(({ headers, status, text }) =>
      Effect.map(text, (json): ApiResponse => ({ status, headers: { ...headers }, body: parseJson(json) }))
    ),
    Effect.mapError(() => unanswered("no answer: the connection failed")),
    Effect.interruptible,
    Effect.timeoutFail({
      duration: timeout,
      onTimeout: () => unanswered(`no answer within ${Duration.format(timeout)}`)
    }),
    // without it, the interruption of an uninterruptible fiber would reach the request, which is its child
    Effect.disconnect
  )

/**
 * Sleeps. Can be interrupted even in an uninterruptible region, since nothing has been sent yet. Do not use it in
 * finalizers.
 */
const pause = (duration: Duration.DurationInput): Effect.Effect<void> => Effect.interruptible(Effect.sleep(duration))

/** Makes a function that sends requests. `responses` has the operation and the status of each response so far. */
export const make = (client: HttpClient.HttpClient, { interval, maxRequests, onRequest }: Options) => {
  const responses: Array<readonly [operation: string, status: number]> = []
  const freeAt = new Map<string, number>()
  let count = 0

  const send = (request: ApiRequest, left = attempts): Effect.Effect<ApiResponse, Unanswered> =>
    Effect.gen(function* () {
      if (count >= maxRequests) {
        return yield* new Unanswered({ reason: `the limit of ${maxRequests} requests is reached`, sent: false })
      }
      yield* onRequest(request, count)
      count += 1
      const now = yield* Clock.currentTimeMillis
      const at = Math.max(now, freeAt.get(request.operation) ?? 0)
      freeAt.set(request.operation, at + Duration.toMillis(interval))
      yield* pause(at - now)
      const result = yield* Effect.either(execute(client, request))
      if (result._tag === "Left") {
        return yield* left > 1 && request.method === "GET" ? send(request, left - 1) : result
      }
      const response = result.right
      responses.push([request.operation, response.status])
      if (response.status !== 429) return response
      const wait = waitOf(response, yield* Clock.currentTimeMillis)
      if (left <= 1 || wait === undefined) return yield* unanswered("the server answers 429")
      yield* pause(wait)
      return yield* send(request, left - 1)
    })

  /** Sleeps until no operation has to wait before its next request. */
  const waitUntilIdle = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.sleep(Math.max(0, ...[...freeAt.values()].map((at) => at - now)))
  )
  return { send, waitUntilIdle, responses }
}
