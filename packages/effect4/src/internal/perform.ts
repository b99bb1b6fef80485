/** Performs the calls of a service, each in a span of its own. */
import * as estimates from "@checkpoint-permissions/protocol/estimates"
import type { RequestFailure, RequestOperation } from "@checkpoint-permissions/protocol/failure"
import type * as operations from "@checkpoint-permissions/protocol/operations"
import type { Checked } from "@checkpoint-permissions/protocol/parameters"
import * as redaction from "@checkpoint-permissions/protocol/redaction"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Record from "effect/Record"
import * as Redacted from "effect/Redacted"
import { fromFailure, InvalidInputError } from "../PermissionsError.ts"
import * as call from "./call.ts"
import type { Ended, Outcome } from "./callOptions.ts"
import * as apiClient from "./request/apiClient.ts"
import * as attempt from "./request/attempt.ts"
import type { ListError, RequestError } from "./service.ts"
import type { Settings } from "./settings.ts"

/** How an operation is performed. */
export interface Performed<A> {
  readonly outcomeOf: (ended: Ended<A>) => Outcome
  readonly page?: number
  readonly resumeAfter?: string | undefined
}

/** Fails with the error of a request. */
export const failed = (failure: RequestFailure): Effect.Effect<never, RequestError> => Effect.fail(fromFailure(failure))

/** Fails with the error of a list. A list encounters no conflict: see `failure.ofReply` of `protocol`. */
const listFailed = (failure: RequestFailure): Effect.Effect<never, ListError> => {
  const error = fromFailure(failure)
  return error._tag === "ConflictError" ? Effect.die(error) : Effect.fail(error)
}

/** Each operation has a rate limiter of its own. */
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

  /** Makes a call in a span of its own, with ids that were not refused, and no key that was passed for one. */
  const perform = <A, E extends RequestError>(
    operation: O,
    prepare: () => Checked<operations.Call<A>>,
    { outcomeOf, page, resumeAfter }: Performed<A>,
    fail: (failure: RequestFailure) => Effect.Effect<never, E>
  ): Effect.Effect<A, E | InvalidInputError> =>
    Effect.suspend(() => {
      const checked = prepare()
      const attributes = {
        ...("ok" in checked ? Record.map(checked.ok.ids, redact) : {}),
        ...(page === undefined ? {} : { page })
      }
      return Effect.useSpan(
        `${service}.${operation}`,
        { attributes },
        (span): Effect.Effect<A, E | InvalidInputError> => {
          const inSpan = Effect.withParentSpan(span, { captureStackTrace: false })
          if ("reason" in checked) return inSpan(Effect.fail(new InvalidInputError({ operation, ...checked })))
          const { settle } = checked.ok
          const checkpoint = checked.ok.checkpoint === undefined ? undefined : redact(checked.ok.checkpoint)
          return inSpan(
            calls[operation]({
              checkpoint,
              resumeAfter,
              outcomeOf,
              settle,
              fail,
              attempt: send({ ...checked.ok, checkpoint }, span)
            })
          )
        }
      )
    })

  /** Fails in a span of the operation. */
  const fail = <E>(operation: O, error: E): Effect.Effect<never, E> =>
    Effect.useSpan(`${service}.${operation}`, (span) =>
      Effect.withParentSpan(Effect.fail(error), span, { captureStackTrace: false })
    )

  const performList = <A>(
    operation: O,
    prepare: () => Checked<operations.Call<A>>,
    performed: Performed<A>
  ): Effect.Effect<A, ListError> => perform(operation, prepare, performed, listFailed)

  return { fail, httpClient: api.httpClient, limiters, perform, performList, redact, traffic }
}

export type Perform<O extends RequestOperation> = ReturnType<typeof make<O>>
