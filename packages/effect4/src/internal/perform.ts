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
import { fromFailure, InvalidInputError } from "../PermissionsError.ts"
import * as apiClient from "./apiClient.ts"
import * as attempt from "./attempt.ts"
import * as call from "./call.ts"
import type { Settings } from "./options.ts"
import type { ListError, RequestError } from "./service.ts"

/** One call of an operation, before its parameters are checked. */
export interface Requested<O, A, E extends RequestError = RequestError>
  extends Pick<call.Call<A, E>, "fail" | "outcomeOf" | "resumeAfter"> {
  readonly operation: O
  readonly prepare: () => Checked<operations.Call<A>>
  /** The number of the requested page. */
  readonly page?: number
}

/** Fails with the error of a request, inside the span of a call. */
const failed = (failure: RequestFailure): Effect.Effect<never, RequestError> => Effect.fail(fromFailure(failure))

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

  /** Makes a call in its own span. The span has only valid ids, and the key is removed from them. */
  const perform = <A, E extends RequestError>({
    operation,
    page,
    prepare,
    ...rest
  }: Requested<O, A, E>): Effect.Effect<A, E | InvalidInputError> =>
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
          const { resolveWrite } = checked.ok
          const checkpoint = checked.ok.checkpoint === undefined ? undefined : redact(checked.ok.checkpoint)
          const attempt = send({ ...checked.ok, checkpoint }, span)
          return inSpan(calls[operation]({ ...rest, checkpoint, resolveWrite, attempt }))
        }
      )
    })

  /** Fails in a span of the operation. */
  const fail = <E>(operation: O, error: E): Effect.Effect<never, E> =>
    Effect.useSpan(`${service}.${operation}`, (span) =>
      Effect.withParentSpan(Effect.fail(error), span, { captureStackTrace: false })
    )

  return {
    fail,
    httpClient: api.httpClient,
    limiters,
    performList: <A>(request: Omit<Requested<O, A, ListError>, "fail">): Effect.Effect<A, ListError> =>
      perform({ ...request, fail: listFailed }),
    performWrite: <A>(request: Omit<Requested<O, A>, "fail">): Effect.Effect<A, RequestError> =>
      perform({ ...request, fail: failed }),
    redact,
    traffic
  }
}

export type Perform<O extends RequestOperation> = ReturnType<typeof make<O>>
