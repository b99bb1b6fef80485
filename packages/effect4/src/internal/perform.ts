/** Performs the calls of a service, each in its own span. */
import * as estimates from "@checkpoint-permissions/protocol/estimates"
import type { RequestFailure, RequestOperation } from "@checkpoint-permissions/protocol/failure"
import type * as operations from "@checkpoint-permissions/protocol/operations"
import type { Checked } from "@checkpoint-permissions/protocol/parameters"
import * as redaction from "@checkpoint-permissions/protocol/redaction"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Record from "effect/Record"
import * as Redacted from "effect/Redacted"
import type * as Tracer from "effect/Tracer"
import { fromFailure, InvalidInputError } from "../PermissionsError.ts"
import * as apiClient from "./apiClient.ts"
import * as attempt from "./attempt.ts"
import * as call from "./call.ts"
import type { Ended, Outcome } from "./callOptions.ts"
import type { Settings } from "./options.ts"
import type { ListError, RequestError } from "./service.ts"

/** The way in which an operation is performed. */
export interface Performed<A> {
  readonly outcomeOf: (ended: Ended<A>) => Outcome
  readonly page?: number
  readonly resumeAfter?: string | undefined
}

/** Fails with the error of a list. A list cannot conflict: see `failure.ofReply` of `protocol`. */
const listFailed = (failure: RequestFailure): Effect.Effect<never, ListError> => {
  const error = fromFailure(failure)
  return error._tag === "ConflictError" ? Effect.die(error) : Effect.fail(error)
}

/** Makes the calls of a service. Each operation has its own rate limiter. */
export const make = <O extends RequestOperation>(
  client: HttpClient.HttpClient,
  settings: Settings,
  service: string,
  operations: Readonly<Record<O, unknown>>
) => {
  const redact = redaction.make(Redacted.value(settings.adminKey))
  const api = apiClient.make(client, settings)
  const send = attempt.make(api, settings, redact)
  const limiters = Record.map(operations, (_, operation) => settings.pacing.make(operation))
  const traffic = estimates.traffic()
  const calls = Record.map(limiters, (limiter, operation) => call.make(operation, limiter, traffic, settings))

  /** Runs an effect in a span of the operation. */
  const inSpan = <A, E>(
    operation: O,
    attributes: Record<string, unknown>,
    self: (span: Tracer.Span) => Effect.Effect<A, E>
  ): Effect.Effect<A, E> =>
    Effect.useSpan(`${service}.${operation}`, { attributes }, (span) =>
      Effect.withParentSpan(self(span), span, { captureStackTrace: false })
    )

  const fail = <E>(operation: O, error: E): Effect.Effect<never, E> => inSpan(operation, {}, () => Effect.fail(error))

  /** Makes calls, each in its own span. The span has only valid ids, and the key is removed from them. */
  const performing =
    <E extends RequestError>(failed: (failure: RequestFailure) => Effect.Effect<never, E>) =>
    <A>(
      operation: O,
      prepare: () => Checked<operations.Call<A>>,
      { outcomeOf, page, resumeAfter }: Performed<A>
    ): Effect.Effect<A, E | InvalidInputError> =>
      Effect.suspend((): Effect.Effect<A, E | InvalidInputError> => {
        const checked = prepare()
        if ("reason" in checked) return fail(operation, new InvalidInputError({ operation, ...checked }))
        const ids = Record.map(checked.ok.ids, redact)
        const { checkpoint } = ids
        const { resolveWrite } = checked.ok
        return inSpan(operation, page === undefined ? ids : { ...ids, page }, (span) => {
          const attempt = send({ ...checked.ok, checkpoint }, span)
          return calls[operation]({ checkpoint, resumeAfter, outcomeOf, resolveWrite, fail: failed, attempt })
        })
      })

  return {
    fail,
    httpClient: api.httpClient,
    limiters,
    perform: performing((failure) => Effect.fail(fromFailure(failure))),
    performList: performing(listFailed),
    redact,
    traffic
  }
}

export type Perform<O extends RequestOperation> = ReturnType<typeof make<O>>
