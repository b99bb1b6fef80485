/**
 * Faults between a client and the server, as plain data, and plans that assign them to requests. Times are in
 * milliseconds.
 *
 * A fault of listings, such as a repeated cursor, has no effect on other requests. An option with an unknown name
 * throws `InvalidSetting`.
 */
import * as Check from "./internal/checks.ts"
import { errors } from "./internal/errors.ts"
import * as FaultCheck from "./internal/faults/fault.ts"
import {
  type Entry,
  type Fault,
  type Kind,
  type Operation,
  type PageDefect,
  type Plan,
  survivableKinds
} from "./internal/faults/fault.ts"

export {
  type Entry,
  type Fault,
  type Kind,
  kinds,
  type Operation,
  operations,
  type PageDefect,
  type Plan,
  pageDefects,
  survivableKinds
} from "./internal/faults/fault.ts"

/**
 * A plan without faults.
 *
 * @category plans
 */
export const none: Plan = { _tag: "Scripted", entries: [] }

/** The names of all faults, as `_tag` has them. */
export const tags: ReadonlyArray<string> = Object.keys(FaultCheck.fields)

const isEntry = (entry: Entry | Fault): entry is Entry => !("_tag" in entry)

/**
 * Makes a plan of faults in order. A fault without conditions is for the next request.
 *
 * @example
 * ```ts
 * import { faults, makeFetch } from "@checkpoint-permissions/fake"
 *
 * // the reply to the second create is lost
 * const plan = faults.scripted([{ fault: faults.dropAfter(), operation: "create", nth: 2 }])
 * const fetch = makeFetch({ faults: plan })
 * ```
 *
 * @category plans
 */
export const scripted = (entries: ReadonlyArray<Entry | Fault>): Plan => ({
  _tag: "Scripted",
  entries: entries.map((entry) => (isEntry(entry) ? entry : { fault: entry }))
})

/**
 * Makes a plan that is drawn from a seed.
 *
 * Without `kinds` it draws from {@link survivableKinds}, at most two in a row, so a correct client succeeds. With
 * `kinds`, `consecutive` has no default.
 *
 * @category plans
 */
export const random = ({
  kinds,
  consecutive = kinds === undefined ? 2 : undefined,
  atMost,
  operations,
  ...drawn
}: {
  readonly seed: number
  readonly probability: number
  readonly kinds?: ReadonlyArray<Kind> | undefined
  readonly operations?: ReadonlyArray<Operation> | undefined
  readonly atMost?: number | undefined
  readonly consecutive?: number | undefined
}): Plan => ({
  _tag: "Random",
  ...drawn,
  kinds: kinds ?? survivableKinds,
  ...(operations && { operations }),
  ...(atMost !== undefined && { atMost }),
  ...(consecutive !== undefined && { consecutive })
})

/** Throws `InvalidSetting` for options with another name, which would have no effect. */
const refuseOthers = (fault: string, options: object, ...names: ReadonlyArray<string>): void =>
  Check.struct("options", { optional: Object.fromEntries(names.map((name) => [name, Check.anything])) })(options, fault)

/**
 * Makes a fault that replies with any status. A body that is not a string is sent as JSON.
 *
 * @category faults
 */
export const reply = (
  status: number,
  options: {
    readonly headers?: Readonly<Record<string, string>> | undefined
    readonly body?: unknown
    /** True if the request is executed nevertheless. Default: `false`. */
    readonly worked?: boolean | undefined
  } = {}
): Fault => {
  refuseOthers("reply", options, "headers", "body", "worked")
  const { body = "", headers, worked = false } = options
  const isText = typeof body === "string"
  return {
    _tag: "Reply",
    status,
    headers: isText ? { ...headers } : { "content-type": "application/json", ...headers },
    body: isText ? body : JSON.stringify(body),
    worked
  }
}

/**
 * Makes a reply with OpenAI's error envelope.
 *
 * @category faults
 */
export const error = (
  status: number,
  options: {
    readonly message?: string | undefined
    readonly type?: string | undefined
    readonly param?: string | null | undefined
    readonly code?: string | number | null | undefined
    readonly headers?: Readonly<Record<string, string>> | undefined
    /** True if the request is executed nevertheless. Default: `false`. */
    readonly worked?: boolean | undefined
  } = {}
): Fault => {
  refuseOthers("error", options, "message", "type", "param", "code", "headers", "worked")
  const {
    code = null,
    message = errors["none/server-error"]().message,
    param = null,
    type = status >= 500 ? "server_error" : "invalid_request_error",
    ...rest
  } = options
  return reply(status, { ...rest, body: { error: { message, type, param, code } } })
}

/**
 * Makes a 429 with the given headers. A retry can succeed.
 *
 * @category faults
 */
export const rateLimited = (headers: Readonly<Record<string, string>> = {}): Fault => {
  const { status, ...slowDown } = errors["rate_limit_exceeded/slow-down"]()
  return error(status, { ...slowDown, headers })
}

const { status: usedUp, ...noQuota } = errors.insufficient_quota()

/**
 * A 429 for a used-up quota. A retry never succeeds.
 *
 * @category faults
 */
export const quotaExhausted: Fault = error(usedUp, noQuota)

/**
 * Adds milliseconds before the request is executed, after it, or both.
 *
 * @category faults
 */
export const latency = (options: {
  readonly before?: number | undefined
  readonly after?: number | undefined
}): Fault => {
  refuseOthers("latency", options, "before", "after")
  return { _tag: "Latency", before: options.before ?? 0, after: options.after ?? 0 }
}

/**
 * Refuses the connection (`ECONNREFUSED`, the default), or breaks it before the server has read the request
 * (`ECONNRESET`). The request is not executed.
 *
 * @category faults
 */
export const dropBefore = (code = "ECONNREFUSED"): Fault => ({ _tag: "DropBefore", code })

/**
 * Breaks the connection after the request is executed: a lost reply.
 *
 * @category faults
 */
export const dropAfter = (code = "ECONNRESET"): Fault => ({ _tag: "DropAfter", code })

/**
 * Executes the request after `millis` milliseconds, even if the client has given up.
 *
 * @category faults
 */
export const lateWork = (millis: number, meanwhile: "wait" | "drop" | "gateway-timeout" = "wait"): Fault => ({
  _tag: "LateWork",
  millis,
  meanwhile
})

/**
 * Sends a part of the body (default: half of it). Then the connection breaks. With `then: "end"`, the reply ends as if
 * it were complete.
 *
 * @category faults
 */
export const truncatedBody = (
  options: { readonly share?: number | undefined; readonly then?: "drop" | "end" | undefined } = {}
): Fault => {
  refuseOthers("truncatedBody", options, "share", "then")
  return { _tag: "TruncatedBody", share: options.share ?? 0.5, then: options.then ?? "drop" }
}

/**
 * Replies with a page of HTML, as proxies and captive portals do.
 *
 * @category faults
 */
export const html = (status = 200, options: { readonly worked?: boolean | undefined } = {}): Fault => {
  refuseOthers("html", options, "worked")
  return { _tag: "Html", status, worked: options.worked ?? false }
}

/**
 * Redirects to another address. The request is not executed.
 *
 * @category faults
 */
export const redirect = (location: string, status: 301 | 302 | 303 | 307 | 308 = 307): Fault => ({
  _tag: "Redirect",
  status,
  location
})

/**
 * Replies with a defective page.
 *
 * @category faults
 */
export const page = (defect: PageDefect): Fault => ({ _tag: "Page", defect })

/**
 * Starts a reply that never ends: `chunk` bytes (default 1,024) every `every` milliseconds (default 100). With `chunk:
 * 0`, no bytes follow the beginning.
 *
 * @category faults
 */
export const endless = (
  options: { readonly chunk?: number | undefined; readonly every?: number | undefined } = {}
): Fault => {
  refuseOthers("endless", options, "chunk", "every")
  return { _tag: "Endless", chunk: options.chunk ?? 1024, every: options.every ?? 100 }
}

/**
 * Replies with a body of 30 MB, or `bytes`, and status 502. The request is not executed.
 *
 * @category faults
 */
export const huge = (
  options: { readonly bytes?: number | undefined; readonly status?: number | undefined } = {}
): Fault => {
  refuseOthers("huge", options, "bytes", "status")
  return { _tag: "Huge", bytes: options.bytes ?? 30_000_000, status: options.status ?? 502 }
}

/**
 * Executes the request and replies with `content-encoding: gzip`, although the body is plain text.
 *
 * @category faults
 */
export const falseGzip: Fault = { _tag: "FalseGzip" }

/** Thrown at the end of a fake if faults affected no request: see its option `strictFaults`. */
export class UnusedFaults extends Error {
  override readonly name = "UnusedFaults"
  readonly faults: ReadonlyArray<Entry>

  constructor(faults: ReadonlyArray<Entry>) {
    super(`no request matched ${FaultCheck.describe(faults)}: check operation, checkpoint and nth`)
    this.faults = faults
  }
}

/**
 * Throws `InvalidSetting` if a value is not a plan. Use it for plans from a file.
 *
 * @category validation
 */
export function assertPlan(value: unknown, field = "faults"): asserts value is Plan {
  FaultCheck.plan(value, field)
}

/**
 * Throws `InvalidSetting` if a value is not an entry of a plan.
 *
 * @category validation
 */
export function assertEntry(value: unknown, field = "fault"): asserts value is Entry {
  FaultCheck.entry(value, field)
}

/**
 * Throws `InvalidSetting` if a value is not a fault.
 *
 * @category validation
 */
export function assertFault(value: unknown, field = "fault"): asserts value is Fault {
  FaultCheck.fault(value, field)
}
