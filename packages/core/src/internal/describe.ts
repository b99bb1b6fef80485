import * as Duration from "effect/Duration"
import type { PermissionsError } from "../PermissionsError.ts"
import { oneLine } from "./text.ts"

const retriedByStatus = new Set<PermissionsError["_tag"]>([
  "Conflict",
  "RateLimited",
  "ServerError",
  "ConnectionFailed",
  "TimedOut"
])

/** Strongest first: nothing was sent or asked; the certainty rule of create; quota; the server's word; the table. */
export const isRetryable = (error: PermissionsError): boolean => {
  if (error._tag === "InvalidInput" || error._tag === "IncompleteListing") return false
  if (error.operation === "create") {
    const certainlyNothingDone =
      error._tag === "RateLimited" || (error._tag === "ConnectionFailed" && !error.mayHaveExecuted)
    return certainlyNothingDone && error.shouldRetry !== false
  }
  if (error._tag === "QuotaExhausted") return false
  return error.shouldRetry ?? retriedByStatus.has(error._tag)
}

const what = (error: PermissionsError): string => {
  switch (error._tag) {
    case "InvalidInput":
      return `invalid ${error.field}: ${error.reason}`
    case "BadRequest":
      return "the server refuses the request"
    case "Unauthorized":
      return "the server does not accept the key"
    case "MissingScope":
      return `the key lacks ${error.scopes.length > 0 ? error.scopes.join(", ") : "a scope"}`
    case "PermissionDenied":
      return "the key may not do this"
    case "NotFound":
      return error.operation === "delete" ? "no such permission or checkpoint" : "no such checkpoint"
    case "Conflict":
      return "the server reports a conflict"
    case "RateLimited":
      return "too many requests"
    case "QuotaExhausted":
      return "the organization's quota or credit is used up"
    case "ServerError":
      return "the server failed"
    case "ConnectionFailed":
      return `no connection to the server: ${error.reason}`
    case "TimedOut":
      return error.timeout === undefined
        ? "the server took too long"
        : `no answer within ${Duration.format(error.timeout)}`
    case "InvalidResponse":
      return `the reply is not what the API promises: ${error.reason}`
    case "IncompleteListing":
      return `the listing cannot be trusted after ${error.received} permissions: ${error.reason}`
  }
}

const hint = (error: PermissionsError): string | undefined => {
  if (error.mayHaveExecuted) return "it may have been carried out all the same: list before trying again"
  switch (error._tag) {
    case "Unauthorized":
      return "check the admin key (OPENAI_ADMIN_KEY) and the organization"
    case "MissingScope":
      return "use an admin key that has it"
    case "NotFound":
      return "check the id and that the key is of its organization"
    case "RateLimited":
      return error.retryAfter === undefined ? "try again in a minute" : `try again in ${Duration.format(error.retryAfter)}`
    case "QuotaExhausted":
      return "check plan and billing; trying again does not help"
    case "InvalidResponse":
      return "check that the base URL is the API's (OPENAI_BASE_URL)"
    default:
      return error.resumeAfter === undefined ? undefined : `resume after ${error.resumeAfter}`
  }
}

/** One line for people: what was done, what went wrong, what the server said, what to do. */
export const message = (error: PermissionsError): string => {
  const known = [
    error.status === undefined ? undefined : `status ${error.status}`,
    error.code === undefined ? undefined : `code ${error.code}`,
    error.param === undefined ? undefined : `param ${error.param}`,
    error.requestId === undefined ? undefined : `request ${error.requestId}`,
    error.attempts === undefined || error.attempts < 2
      ? undefined
      : `${error.attempts} attempts${error.waited === undefined ? "" : ` in ${Duration.format(error.waited)}`}`
  ].filter((part) => part !== undefined)
  const todo = hint(error)
  return oneLine(
    [
      error.checkpoint === undefined ? error.operation : `${error.operation} ${error.checkpoint}`,
      what(error),
      error.detail
    ]
      .filter((part) => part !== undefined && part !== "")
      .join(": ") +
      (known.length === 0 ? "" : ` (${known.join(", ")})`) +
      (todo === undefined ? "" : `; ${todo}`),
    1500
  )
}
