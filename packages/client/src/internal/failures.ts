import * as Errors from "@checkpoint-permissions/core/PermissionsError"
import type * as Headers from "@effect/platform/Headers"
import type * as Duration from "effect/Duration"
import type * as connection from "./connection.ts"
import type * as envelope from "./envelope.ts"
import type { Failure } from "./failure.ts"
import * as retryAfter from "./retryAfter.ts"

/** Takes the key out of a text. */
export type Scrub = (text: string) => string

const isWrite = (operation: Errors.Operation): boolean => operation === "create" || operation === "delete"

/** The connection failed before the reply, or in the middle of it. */
export const disconnected =
  (failure: connection.ConnectionFailure, scrub: Scrub, reply?: Known): Failure =>
  (circumstances) =>
    new Errors.ConnectionFailed({
      ...circumstances,
      ...reply,
      reason: scrub(failure.reason),
      mayHaveExecuted: circumstances.mayHaveExecuted || (isWrite(circumstances.operation) && !failure.neverSent)
    })

/** No reply within the timeout of an attempt. */
export const timedOut =
  (timeout: Duration.Duration): Failure =>
  (circumstances) =>
    new Errors.TimedOut({
      ...circumstances,
      timeout,
      mayHaveExecuted: circumstances.mayHaveExecuted || isWrite(circumstances.operation)
    })

const quota = new Set(["insufficient_quota", "credit_balance_exhausted"])

/** Whether a 429 is one that no wait gets past. */
export const isQuota = ({ code, type }: envelope.Envelope): boolean => quota.has(type ?? "") || quota.has(code ?? "")

const scopesNamed = (message: string): ReadonlyArray<string> | undefined => {
  const named = /missing scopes?:?(.*)/is.exec(message)?.[1]
  return named === undefined ? undefined : (named.match(/[\w-]+(?:\.[\w-]+)+/g) ?? [])
}

/** What the status line and the headers say. */
export interface Known {
  readonly status: number
  readonly requestId: string | undefined
  readonly shouldRetry: boolean | undefined
  readonly retryAfter: Duration.Duration | undefined
}

export const known = (status: number, headers: Headers.Headers, now: number, scrub: Scrub): Known => {
  const requestId = headers["x-request-id"]
  const shouldRetry = headers["x-should-retry"]?.trim().toLowerCase()
  return {
    status,
    requestId: requestId === undefined ? undefined : scrub(requestId),
    shouldRetry: shouldRetry === "true" ? true : shouldRetry === "false" ? false : undefined,
    retryAfter: retryAfter.parse(headers, now)
  }
}

/** The error table of the API: what a status and a body mean. */
export const refused =
  (reply: Known, said: envelope.Envelope, scrub: Scrub): Failure =>
  (circumstances) => {
    const { type, param, code } = said
    const clean = (value: string | undefined) => (value === undefined ? undefined : scrub(value))
    const detail = clean(said.message)
    const fields = {
      ...circumstances,
      ...reply,
      detail,
      param: clean(param),
      code: clean(code ?? (quota.has(type ?? "") ? type : undefined))
    }
    const doubtful = { ...fields, mayHaveExecuted: fields.mayHaveExecuted || isWrite(fields.operation) }
    const { status } = reply
    if (status >= 500) return new Errors.ServerError(doubtful)
    if (status === 401 || status === 403) {
      const scopes = scopesNamed(detail ?? "") ?? (code === "missing_scope" ? [] : undefined)
      if (scopes !== undefined) return new Errors.MissingScope({ ...fields, scopes })
      return status === 401 ? new Errors.Unauthorized(fields) : new Errors.PermissionDenied(fields)
    }
    if (status === 404) return new Errors.NotFound(fields)
    if (status === 408) return new Errors.TimedOut(doubtful)
    if (status === 409) return new Errors.Conflict(fields)
    if (status === 429) {
      return isQuota(said) ? new Errors.QuotaExhausted(fields) : new Errors.RateLimited(fields)
    }
    return new Errors.BadRequest(fields)
  }

/** What is wrong with a value names the value, which may be megabytes. */
const shortened = (reason: string): string => (reason.length > 1000 ? `${reason.slice(0, 1000)}…` : reason)

/** A reply that says it worked, or points elsewhere, but is not what the API promises. */
export const invalid =
  (reply: Known, reason: string, scrub: Scrub): Failure =>
  (circumstances) =>
    new Errors.InvalidResponse({
      ...circumstances,
      ...reply,
      reason: shortened(scrub(reason)),
      mayHaveExecuted: circumstances.mayHaveExecuted || isWrite(circumstances.operation)
    })
