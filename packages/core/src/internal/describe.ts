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
      !error.mayHaveExecuted && (error._tag === "RateLimited" || error._tag === "ConnectionFailed")
    return certainlyNothingDone && error.shouldRetry !== false
  }
  if (error._tag === "QuotaExhausted") return false
  return error.shouldRetry ?? retriedByStatus.has(error._tag)
}

/**
 * Every text that came from elsewhere has a bound of its own, so that none
 * pushes another, or what to do, off the line. An id that could be one is shown
 * whole.
 */
const id = (text: string): string => oneLine(text, 512)
const sentence = (text: string): string => oneLine(text, 400)
const word = (text: string): string => oneLine(text, 80)

const because = (what: string, reason: string): string => {
  const why = sentence(reason)
  return why === "" ? what : `${what}: ${why}`
}

const what = (error: PermissionsError): string => {
  switch (error._tag) {
    case "InvalidInput":
      return because(`invalid ${word(error.field) || "input"}`, error.reason)
    case "BadRequest":
      return "the server refuses the request"
    case "Unauthorized":
      return "the server does not accept the key"
    case "MissingScope":
      return `the key lacks ${sentence(error.scopes.join(", ")) || "a scope"}`
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
      return because("no connection to the server", error.reason)
    case "TimedOut":
      return error.timeout === undefined ? "the server took too long" : `no answer within ${about(error.timeout)}`
    case "InvalidResponse":
      return because("the reply is not what the API promises", error.reason)
    case "IncompleteListing":
      return because(`the listing cannot be trusted after ${error.received} permissions`, error.reason)
  }
}

/** A time for people: tenths of a second below a minute, whole seconds above. */
const about = (duration: Duration.Duration): string => {
  const millis = Duration.toMillis(duration)
  if (millis < 1000) return `${Math.round(millis)}ms`
  const unit = millis < 60_000 ? 100 : 1000
  return Duration.format(Duration.millis(Math.round(millis / unit) * unit))
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
      return error.retryAfter === undefined ? "try again in a minute" : `try again in ${about(error.retryAfter)}`
    case "QuotaExhausted":
      return "check plan and billing; trying again does not help"
    case "InvalidResponse":
      return "check that the base URL is the API's (OPENAI_BASE_URL)"
    default:
      return undefined
  }
}

/** One line for people: what was done, what went wrong, what the server said, what to do. */
export const message = (error: PermissionsError): string => {
  const labelled = (label: string, value: string | number | undefined): string | undefined => {
    const text = value === undefined ? "" : word(String(value))
    return text === "" ? undefined : `${label} ${text}`
  }
  const filled = (parts: ReadonlyArray<string | undefined>) => parts.filter((part) => part !== undefined && part !== "")
  const known = filled([
    labelled("status", error.status),
    labelled("code", error.code),
    labelled("param", error.param),
    labelled("request", error.requestId),
    error.attempts === undefined || error.attempts < 2
      ? undefined
      : `${error.attempts} attempts${error.waited === undefined ? "" : ` in ${about(error.waited)}`}`
  ])
  const subject = filled([error.operation, error.checkpoint === undefined ? undefined : id(error.checkpoint)]).join(" ")
  const story = filled([subject, what(error), error.detail === undefined ? undefined : sentence(error.detail)]).join(
    ": "
  )
  /** A refused request is refused again from the same place. */
  const canResume = error._tag !== "BadRequest" && error._tag !== "NotFound"
  const todo = filled([
    hint(error),
    error.resumeAfter === undefined || !canResume ? undefined : `resume after ${id(error.resumeAfter)}`
  ])
  return [known.length === 0 ? story : `${story} (${known.join(", ")})`, ...todo].join("; ")
}
