/** The message of a failure. It is always one line, even if the server sent several. */
import { type Failure, type Kind, type Operation, repeats } from "./failure.ts"
import { singleLine } from "./text.ts"

/** Units with their length in seconds, and their number in the next larger unit. */
const units = [
  ["d", 86_400, Number.POSITIVE_INFINITY],
  ["h", 3600, 24],
  ["m", 60, 60],
  ["s", 1, 60]
] as const

/** Formats a duration: `250ms`, `2.5s`, `1m 1s`, `2h`. */
export const duration = (millis: number): string => {
  if (millis === Number.POSITIVE_INFINITY) return "any time"
  if (Math.round(millis) < 1000) return `${Math.round(millis)}ms`
  const tenths = Math.round(millis / 100)
  if (tenths < 600) return `${tenths / 10}s`
  const rest = Math.round(millis / 1000)
  const counts = units.map(([unit, seconds, most]) => [Math.floor(rest / seconds) % most, unit] as const)
  return counts.flatMap(([count, unit]) => (count > 0 ? `${count}${unit}` : [])).join(" ")
}

/**
 * Returns an untrusted id for a message. Each untrusted text has its own maximum length, so that the hint at the end
 * stays visible. An id is shown whole.
 */
const id = (text: string): string => singleLine(text, 512)
const sentence = (text: string | undefined): string => singleLine(text ?? "", 400)
const word = (text: string | number | undefined): string => singleLine(String(text ?? ""), 80)

const filled = (parts: ReadonlyArray<string | undefined>) => parts.filter((part) => part !== undefined && part !== "")

const because = (what: string, reason: string | undefined): string => filled([what, sentence(reason)]).join(": ")

const connectionTo = (server: string, { sent, status }: Extract<Failure, { readonly kind: "ConnectionError" }>) => {
  if (status !== undefined) return `the connection to ${server} closed before the end of the reply`
  return sent === true ? `the connection to ${server} closed before a reply arrived` : `no connection to ${server}`
}

const nothingFound: { readonly [O in Operation]?: string } = {
  list: "no such checkpoint",
  create: "no such checkpoint",
  delete: "no such permission or checkpoint",
  "list-job-checkpoints": "no such job"
}

/** The subject of a message, where the name of the operation is not a common word. */
const subjects: { readonly [O in Operation]?: string } = {
  "list-projects": "projects",
  "list-audit-logs": "audit log",
  "list-admin-keys": "admin keys",
  "list-models": "models",
  "list-jobs": "jobs",
  "list-job-checkpoints": "checkpoints"
}

const texts = {
  BadRequestError: "the server rejected the request",
  AuthenticationError: "the server rejected the key",
  PermissionDeniedError: "the key is not allowed to do this",
  ConflictError: "the server reports a conflict",
  RateLimitError: "too many requests",
  QuotaExhaustedError: "the organization's quota or credit is used up",
  ServerError: "the server failed"
}

const isOfProject = (operation: Operation): boolean =>
  operation === "list-models" || operation === "list-jobs" || operation === "list-job-checkpoints"

/** Returns true if a deadline of the caller ended the call before its first attempt. */
const isNotSent = ({ attempts, endedByDeadline }: Failure): boolean => endedByDeadline === true && attempts === 0

const what = (failure: Failure): string => {
  if (isNotSent(failure)) {
    return failure.kind === "RateLimitError"
      ? "not sent: the wait for the rate limit would end after the deadline"
      : "not sent: the deadline had passed"
  }
  switch (failure.kind) {
    case "InvalidInputError":
      return because(`invalid ${word(failure.field) || "input"}`, failure.reason)
    case "MissingScopeError":
      return `the key lacks ${sentence(failure.scopes.join(", ")) || "a scope"}`
    case "NotFoundError":
      return nothingFound[failure.operation] ?? "not found"
    case "ConnectionError":
      return because(connectionTo(sentence(failure.server) || "the server", failure), failure.reason)
    case "RequestTimeoutError":
      return failure.timeout === undefined
        ? "the server took too long"
        : `no answer within ${duration(failure.timeout)}`
    case "InvalidResponseError":
      return because("the server sent an unexpected reply", failure.reason)
    case "IncompleteListingError": {
      const items = failure.operation === "list" ? "permissions" : "items"
      return because(`the listing is incomplete after ${failure.received} ${items}`, failure.reason)
    }
    default:
      return texts[failure.kind]
  }
}

/** Kinds of failures after which it is open whether this attempt was executed. */
const open: ReadonlySet<Kind> = new Set<Kind>(["ServerError", "RequestTimeoutError", "InvalidResponseError"])

const hints: { readonly [K in Kind]?: string } = {
  NotFoundError: "check the id, and that the key belongs to its organization",
  QuotaExhaustedError: "check your plan and billing; retrying does not help"
}

const hint = (failure: Failure): string | undefined => {
  if (failure.mayHaveExecuted) {
    const isOpen =
      repeats[failure.operation] !== "safe" &&
      !isNotSent(failure) &&
      (failure.kind === "ConnectionError" ? failure.sent !== false : open.has(failure.kind))
    return isOpen
      ? "the server may have executed it: list before you retry"
      : "the server may have executed an earlier attempt: list before you retry"
  }
  switch (failure.kind) {
    case "AuthenticationError":
      return isOfProject(failure.operation)
        ? "this listing requires an ordinary key of the project in projectId"
        : "check the admin key (OPENAI_ADMIN_KEY) and the organization"
    case "MissingScopeError":
      return isOfProject(failure.operation)
        ? "this listing requires an ordinary key of the project, not an admin key"
        : "use an admin key that has it"
    case "PermissionDeniedError":
      return failure.operation === "list-audit-logs"
        ? "if audit logging is off, an owner of the organization can turn it on"
        : undefined
    case "RateLimitError":
      if (isNotSent(failure)) return undefined
      if (failure.retryAfter === undefined) return "try again in a minute"
      return failure.status === undefined
        ? `the rate limiter is paused: try again in ${duration(failure.retryAfter)}`
        : `try again in ${duration(failure.retryAfter)}, as the server asked`
    case "InvalidResponseError":
      // a listing contradicts the reply
      return failure.status === undefined
        ? "try again in a minute"
        : "check that the base URL is the API's (OPENAI_BASE_URL)"
    case "ConnectionError":
      return failure.status === undefined ? "check the address, the proxy and the network" : undefined
    default:
      return hints[failure.kind]
  }
}

const attemptsOf = ({ attempts = 1, waited }: Failure): string =>
  attempts < 2 ? "" : `${attempts} attempts${waited === undefined ? "" : ` in ${duration(waited)}`}`

const labelled = (label: string, value: string | number | undefined): string => word(value) && `${label} ${word(value)}`

/** Returns one line: the operation, what failed, and the message of the server. */
export const summarize = (failure: Failure): string => {
  const known = filled([
    labelled("status", failure.status),
    labelled("code", failure.code),
    labelled("param", failure.param),
    labelled("request", failure.requestId),
    attemptsOf(failure)
  ])
  const subject = filled([subjects[failure.operation] ?? failure.operation, id(failure.checkpoint ?? "")]).join(" ")
  const line = filled([subject, what(failure), sentence(failure.detail)]).join(": ")
  return known.length === 0 ? line : `${line} (${known.join(", ")})`
}

/** Returns the summary and a hint about what to do. */
export const message = (failure: Failure): string => {
  // the resumed listing would be refused again at the same place
  const canResume = failure.kind !== "BadRequestError" && failure.kind !== "NotFoundError"
  const todo = filled([
    hint(failure),
    failure.endedByDeadline === true && !isNotSent(failure) ? "the deadline allows no further attempt" : undefined,
    failure.resumeAfter === undefined || !canResume ? undefined : `resume after ${id(failure.resumeAfter)}`
  ])
  return [summarize(failure), ...todo].join("; ")
}
