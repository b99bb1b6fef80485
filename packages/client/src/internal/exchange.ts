import type * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Pacing from "../Pacing.ts"
import type { Failure } from "./failure.ts"
import * as failures from "./failures.ts"
import type { Settings } from "./options.ts"
import * as rateLimitHeaders from "./rateLimitHeaders.ts"
import * as reply from "./reply.ts"
import { ReplyObserver } from "./replyObserver.ts"
import * as Scrub from "./scrub.ts"
import * as spanAttributes from "./spanAttributes.ts"

/** One request and its reply, read to the end, within the timeout of an attempt. */
export const make = (client: HttpClient.HttpClient, settings: Settings) => {
  const scrub = Scrub.make(settings.adminKey)

  /** A client that already refuses statuses has the reply in its error. */
  const replyOf = (error: HttpClientError.HttpClientError) =>
    error._tag === "ResponseError" && error.reason === "StatusCode"
      ? Effect.succeed(error.response)
      : Effect.fail(failures.disconnected(failures.causeOf(error), scrub))

  return <A>(
    request: HttpClientRequest.HttpClientRequest,
    decode: reply.Decode<A>,
    tell: (outcome: Pacing.Outcome) => void
  ): Effect.Effect<A, Failure> =>
    client.execute(request).pipe(
      Effect.catchAll(replyOf),
      Effect.flatMap((response) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const { headers, status } = response
          const known = failures.known(status, headers, now, scrub)
          const outcome: Pacing.Outcome = {
            status: status === 429 ? "limited" : "accepted",
            retryAfter: known.retryAfter,
            ...rateLimitHeaders.parse(headers)
          }
          tell(outcome)
          return spanAttributes.annotate({ status, request_id: known.requestId }).pipe(
            Effect.zipRight(ReplyObserver),
            Effect.flatMap((observe) => observe({ status, requestId: known.requestId })),
            // Quota that is used up is no matter of how fast requests come.
            Effect.zipRight(reply.read(response, known, decode, scrub, () => tell({ ...outcome, status: "accepted" })))
          )
        })
      ),
      Effect.timeoutFail({ duration: settings.timeout, onTimeout: () => failures.timedOut(settings.timeout) })
    )
}
