import type { Clock as FakeClock } from "@checkpoint-permissions/fake/clock"
import type { Host, Ticket } from "@checkpoint-permissions/fake/host"
import type { Outcome, ServerRequest } from "@checkpoint-permissions/fake/http"
import { connectionError, toResponse } from "@checkpoint-permissions/fake/response"
import type { Step, Wait } from "@checkpoint-permissions/fake/server"
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
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

/** The `Clock` of a fiber, for what the fake does late. */
const clockOf = (clock: Clock.Clock, context: Context.Context<never>): FakeClock => ({
  now: () => clock.currentTimeMillisUnsafe(),
  setTimer: (callback, millis) => {
    const fiber = Effect.runForkWith(context)(Effect.andThen(Effect.sleep(millis), Effect.sync(callback)))
    return () => fiber.interruptUnsafe()
  }
})

/** Answers in the fiber that sends the request, in the time of its `Clock`. What is done late ends with `scope`. */
export const make = (host: Host, scope: Scope.Scope): HttpClient.HttpClient => {
  const background = <A>(self: Effect.Effect<A>) => Effect.forkIn(self, scope)

  const afterWait = (ticket: Ticket, { after, pending }: Wait): Effect.Effect<Outcome> => {
    const resumed = Effect.flatMap(Clock.currentTimeMillis, (now) => proceed(ticket, host.resume(ticket, pending, now)))
    return after === 0 ? resumed : Effect.andThen(Effect.sleep(after), resumed)
  }

  const proceed = (ticket: Ticket, step: Step): Effect.Effect<Outcome> => {
    if (step._tag === "Wait") {
      const rest = afterWait(ticket, step)
      return step.survives ? Effect.flatMap(background(rest), Fiber.join) : rest
    }
    const outcome = Effect.succeed(step.outcome)
    return step.later === undefined ? outcome : Effect.andThen(background(afterWait(ticket, step.later)), outcome)
  }

  const handle = (request: ServerRequest): Effect.Effect<Outcome> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(Clock.currentTimeMillis, (time) => {
        const { step, ticket } = host.receive(request, time)
        return Effect.onInterrupt(restore(proceed(ticket, step)), () =>
          Effect.map(Clock.currentTimeMillis, (now) => host.abandon(ticket, now))
        )
      })
    )

  return HttpClient.make((request, url, signal) =>
    Effect.gen(function* () {
      const contentType = request.body._tag === "Empty" ? undefined : request.body.contentType
      const outcome = yield* handle({
        method: request.method,
        url: request.url,
        path: url.pathname,
        query: [...url.searchParams],
        headers: { ...(contentType === undefined ? {} : { "content-type": contentType }), ...request.headers },
        body: yield* bodyOf(request)
      })
      if (outcome._tag === "Dropped") return yield* Effect.fail(transportError(request, connectionError(outcome.code)))
      const context = yield* Effect.context<never>()
      const response = toResponse(outcome.reply, { clock: clockOf(yield* Clock.Clock, context), signal })
      return HttpClientResponse.fromWeb(request, response)
    })
  )
}
