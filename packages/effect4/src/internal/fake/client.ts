import type { Clock as FakeClock } from "@checkpoint-permissions/fake/clock"
import { drive, type Host } from "@checkpoint-permissions/fake/host"
import type { Outcome, ServerRequest } from "@checkpoint-permissions/fake/http"
import { connectionError, toResponse } from "@checkpoint-permissions/fake/response"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import type * as Scope from "effect/Scope"

const transportError = (request: HttpClientRequest.HttpClientRequest, cause: unknown) =>
  new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })

const bodyOf = (
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<string, HttpClientError.HttpClientError> => {
  const { body } = request
  if (body._tag === "Empty") return Effect.succeed("")
  if (body._tag === "Uint8Array") return Effect.succeed(new TextDecoder().decode(body.body))
  return HttpClientRequest.toWeb(request).pipe(
    Effect.flatMap((web) => Effect.tryPromise(() => web.text())),
    Effect.mapError((cause) => transportError(request, cause))
  )
}

/**
 * Gives the `Clock` of the fiber that asks, for the fake. Its timers are stopped with the scope, which does not wait
 * for their fibers: one may be on a scheduler that stands still.
 */
const clocks: Effect.Effect<Effect.Effect<FakeClock>, never, Scope.Scope> = Effect.suspend(() => {
  const timers = new Set<Fiber.Fiber<void>>()
  const clock = Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const context = yield* Effect.context<never>()
    return {
      now: () => clock.currentTimeMillisUnsafe(),
      setTimer: (callback: () => void, millis: number) => {
        const timer = Effect.map(clock.sleep(Duration.millis(millis)), callback)
        const fiber = Effect.runForkWith(context)(timer)
        timers.add(fiber)
        fiber.addObserver(() => timers.delete(fiber))
        return () => fiber.interruptUnsafe()
      }
    }
  })
  return Effect.as(
    Effect.addFinalizer(() => Effect.sync(() => timers.forEach((fiber) => fiber.interruptUnsafe()))),
    clock
  )
})

/** Answers in the time of the `Clock` of the fiber that sends the request. */
export const make = Effect.fnUntraced(function* (
  host: Host
): Effect.fn.Return<HttpClient.HttpClient, never, Scope.Scope> {
  const callersClock = yield* clocks
  const outcomeOf = (clock: FakeClock, request: ServerRequest): Effect.Effect<Outcome> =>
    Effect.callback((resume) => {
      const driven = drive(host, clock, request, (outcome) => resume(Effect.succeed(outcome)))
      return Effect.sync(driven.abandon)
    })

  return HttpClient.make((request, url, signal) =>
    Effect.gen(function* () {
      const clock = yield* callersClock
      const outcome = yield* outcomeOf(clock, {
        method: request.method,
        url: request.url,
        path: url.pathname,
        query: [...url.searchParams],
        headers: request.headers,
        body: yield* bodyOf(request)
      })
      if (outcome._tag === "Dropped") return yield* Effect.fail(transportError(request, connectionError(outcome.code)))
      return HttpClientResponse.fromWeb(request, toResponse(outcome.reply, { clock, signal }))
    })
  )
})
