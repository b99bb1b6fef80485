import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Tracer from "effect/Tracer"
import type * as Pacing from "../Pacing.ts"
import { apart } from "./apart.ts"
import * as connection from "./connection.ts"
import type { Failure } from "./failure.ts"
import * as failures from "./failures.ts"
import type { ApiClient } from "./httpClient.ts"
import type { Settings } from "./options.ts"
import * as rateLimitHeaders from "./rateLimitHeaders.ts"
import * as reply from "./reply.ts"
import { ReplyObserver } from "./replyObserver.ts"
import * as spanAttributes from "./spanAttributes.ts"
import * as timeLimit from "./timeLimit.ts"

/** One request and its reply, read to the end, within the timeout of an attempt. */
export const make = ({ client, scrub, surroundings }: ApiClient, settings: Settings) => {
  const limit = { time: timeLimit.make(settings.timeout), passed: () => failures.timedOut(settings.timeout) }

  /** A client that already refuses statuses has the reply in its error. */
  const replyOf = (error: HttpClientError.HttpClientError) =>
    error._tag === "ResponseError" && error.reason === "StatusCode"
      ? Effect.succeed(error.response)
      : Effect.fail(failures.disconnected(connection.ofError(error), scrub))

  return <A>(
    request: HttpClientRequest.HttpClientRequest,
    decode: reply.Decode<A>,
    span: Tracer.Span,
    tell: (outcome: Pacing.Outcome) => void
  ): Effect.Effect<A, Failure> =>
    apart(
      client.execute(request).pipe(
        Effect.catchAll(replyOf),
        Effect.flatMap((response) =>
          Effect.withFiberRuntime<A, Failure>((fiber) => {
            const { headers, status } = response
            const now = Context.get(fiber.currentDefaultServices, Clock.Clock).unsafeCurrentTimeMillis()
            const known = failures.known(status, headers, now, scrub)
            const outcome: Pacing.Outcome = {
              status: status === 429 ? "limited" : "accepted",
              retryAfter: known.retryAfter,
              ...rateLimitHeaders.parse(headers)
            }
            tell(outcome)
            spanAttributes.annotate(span, { status, request_id: known.requestId })
            return Effect.zipRight(
              Context.get(fiber.currentContext, ReplyObserver)({ status, requestId: known.requestId }),
              // Quota that is used up is no matter of how fast requests come.
              reply.read(response, headers, known, decode, scrub, () => tell({ ...outcome, status: "accepted" }))
            )
          })
        )
      ),
      (caller) => surroundings(caller, span),
      limit
    )
}
