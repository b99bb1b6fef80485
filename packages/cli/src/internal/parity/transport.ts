/** Sends requests to a server over HTTP, with a rate limit and a maximum, and records every exchange. */
import * as HttpBody from "@effect/platform/HttpBody"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import {
  type ApiRequest,
  type ApiResponse,
  type Exchange,
  errorOf,
  type Operation,
  type Send,
  Unanswered
} from "./exchange.ts"

interface Options {
  /** Minimum time between two requests of an operation. */
  readonly interval: Duration.Duration
  /** Maximum number of requests, retries included. */
  readonly maxRequests: number
  /** Called before each request with the number of requests already sent. */
  readonly onRequest: (question: ApiRequest, sent: number) => Effect.Effect<void>
}

const timeout = Duration.seconds(30)

/** Minimum wait after a 429. The measured quota of the real server is restored over a minute. */
const minRateLimitWait = Duration.seconds(60)

const attempts = 3

const json = Schema.decodeOption(Schema.parseJson())

const requestOf = ({ body, method, path, query }: ApiRequest): HttpClientRequest.HttpClientRequest =>
  HttpClientRequest.make(method)(path, {
    urlParams: query,
    acceptJson: true,
    ...(body === undefined ? {} : { body: HttpBody.unsafeJson(body) })
  })

const isQuota = (answer: ApiResponse): boolean => {
  const { code, type } = errorOf(answer)
  return type === "insufficient_quota" || code === "insufficient_quota" || code === "credit_balance_exhausted"
}

const waitOf = ({ headers }: ApiResponse): Duration.Duration => {
  const seconds = Number(headers["retry-after"])
  return seconds > 0 && seconds <= 600 ? Duration.max(Duration.seconds(seconds), minRateLimitWait) : minRateLimitWait
}

const unanswered = (reason: string) => new Unanswered({ reason, sent: true })

/**
 * Sends one request. The error of a transport contains the request, and so the key: only its kind is reported. The
 * timeout applies even in an uninterruptible region.
 */
const sent = (client: HttpClient.HttpClient, question: ApiRequest): Effect.Effect<ApiResponse, Unanswered> =>
  client.execute(requestOf(question)).pipe(
    Effect.flatMap((response) =>
      Effect.map(response.text, (text): ApiResponse => {
        const { headers, status } = response
        return { status, headers: { ...headers }, body: Option.getOrUndefined(json(text)) }
      })
    ),
    Effect.mapError(() => unanswered("no answer: the connection failed")),
    Effect.interruptible,
    Effect.timeoutFail({
      duration: timeout,
      onTimeout: () => unanswered(`no answer within ${Duration.format(timeout)}`)
    }),
    // an interruption of a fiber that cannot be interrupted would reach the request as its child
    Effect.disconnect
  )

/** Sleeps. Can be interrupted even in an uninterruptible region: nothing has been sent yet. Not for finalizers. */
const pause = (duration: Duration.DurationInput): Effect.Effect<void> => Effect.interruptible(Effect.sleep(duration))

/** Makes a function that sends requests, and a record of its exchanges. */
export const make = (client: HttpClient.HttpClient, { interval, maxRequests: most, onRequest: onAsk }: Options) => {
  const exchanges: Array<Exchange> = []
  const freeAt = new Map<Operation, number>()
  let count = 0

  const waitForLimiter = (operation: Operation) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const at = Math.max(now, freeAt.get(operation) ?? 0)
      freeAt.set(operation, at + Duration.toMillis(interval))
      return pause(at - now)
    })

  const attempt = (question: ApiRequest, left: number): Effect.Effect<ApiResponse, Unanswered> =>
    Effect.gen(function* () {
      if (count >= most) return yield* new Unanswered({ reason: `${most} requests are used up`, sent: false })
      yield* onAsk(question, count)
      count += 1
      yield* waitForLimiter(question.operation)
      const result = yield* Effect.either(sent(client, question))
      if (result._tag === "Left") {
        return yield* left > 1 && question.method === "GET" ? attempt(question, left - 1) : Effect.fail(result.left)
      }
      const answer = result.right
      exchanges.push({ request: question, response: answer })
      if (answer.status !== 429) return answer
      if (left <= 1 || isQuota(answer)) return yield* unanswered("the server answers 429")
      yield* pause(waitOf(answer))
      return yield* attempt(question, left - 1)
    })

  const send: Send = (question) => attempt(question, attempts)
  /** Sleeps until the next request of every operation needs no wait. */
  const waitUntilIdle = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.sleep(Math.max(0, ...[...freeAt.values()].map((at) => at - now)))
  )
  return { ask: send, rested: waitUntilIdle, exchanges: (): ReadonlyArray<Exchange> => exchanges }
}
