/**
 * What can go wrong between a client and the server, as plain data: a fault, and a plan that says which requests meet
 * one. Times are in milliseconds.
 *
 * A fault that suits only listings, such as a repeated cursor, passes other requests by.
 *
 * @since 0.1.0
 */
import { errors } from "./internal/errors.ts"
import * as FaultCheck from "./internal/faults/model.ts"
import {
  type Entry,
  type Fault,
  type Kind,
  type Operation,
  type PageDefect,
  type Plan,
  survivableKinds
} from "./internal/faults/model.ts"

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
} from "./internal/faults/model.ts"

/**
 * Nothing goes wrong.
 *
 * @category plans
 */
export const none: Plan = { _tag: "Scripted", entries: [] }

const isEntry = (entry: Entry | Fault): entry is Entry => !("_tag" in entry)

/**
 * A list of faults, in order; a bare fault is for the next request, whatever it is.
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
 * A plan that is drawn from a seed.
 *
 * Without `kinds` it draws from {@link survivableKinds}, at most two in a row: what a correct client survives. With
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

/**
 * Any reply. A body that is not a string is sent as JSON.
 *
 * @category faults
 */
export const reply = (
  status: number,
  options: {
    readonly headers?: Readonly<Record<string, string>> | undefined
    readonly body?: unknown
    /** Whether the request was executed all the same; `false` by default. */
    readonly worked?: boolean | undefined
  } = {}
): Fault => {
  const { body = "", headers, worked = false } = options
  return typeof body === "string"
    ? { _tag: "Reply", status, headers: { ...headers }, body, worked }
    : {
        _tag: "Reply",
        status,
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
        worked
      }
}

/**
 * A reply with OpenAI's error envelope.
 *
 * @category faults
 */
export const error = (
  status: number,
  {
    code = null,
    message = errors["none/server-error"]().message,
    param = null,
    type = status >= 500 ? "server_error" : "invalid_request_error",
    ...rest
  }: {
    readonly message?: string | undefined
    readonly type?: string | undefined
    readonly param?: string | null | undefined
    readonly code?: string | number | null | undefined
    readonly headers?: Readonly<Record<string, string>> | undefined
    /** Whether the request was executed all the same; `false` by default. */
    readonly worked?: boolean | undefined
  } = {}
): Fault => reply(status, { ...rest, body: { error: { message, type, param, code } } })

/**
 * A 429 that a retry gets past, with the header it is given or none.
 *
 * @category faults
 */
export const rateLimited = (headers: Readonly<Record<string, string>> = {}): Fault =>
  error(429, { ...errors["rate_limit_exceeded/slow-down"](), headers })

/**
 * A 429 that no retry gets past: the quota is used up.
 *
 * @category faults
 */
export const quotaExhausted: Fault = error(429, errors.insufficient_quota())

/**
 * More milliseconds before the request is executed, after it, or both.
 *
 * @category faults
 */
export const latency = (options: {
  readonly before?: number | undefined
  readonly after?: number | undefined
}): Fault => ({
  _tag: "Latency",
  before: options.before ?? 0,
  after: options.after ?? 0
})

/**
 * The connection is never made (`ECONNREFUSED`, the default), or breaks before the server has read the request
 * (`ECONNRESET`): not executed.
 *
 * @category faults
 */
export const dropBefore = (code = "ECONNREFUSED"): Fault => ({ _tag: "DropBefore", code })

/**
 * Executed, then the connection breaks: a lost reply.
 *
 * @category faults
 */
export const dropAfter = (code = "ECONNRESET"): Fault => ({ _tag: "DropAfter", code })

/**
 * Executed so many milliseconds later, also if the client has gone by then.
 *
 * @category faults
 */
export const lateWork = (millis: number, meanwhile: "wait" | "drop" | "gateway-timeout" = "wait"): Fault => ({
  _tag: "LateWork",
  millis,
  meanwhile
})

/**
 * Part of the body (half of it by default); then the connection breaks, or with `then: "end"` the reply ends as if that
 * were all.
 *
 * @category faults
 */
export const truncatedBody = (
  options: { readonly share?: number | undefined; readonly then?: "drop" | "end" | undefined } = {}
): Fault => ({ _tag: "TruncatedBody", share: options.share ?? 0.5, then: options.then ?? "drop" })

/**
 * A page of HTML, as a proxy or a captive portal sends it.
 *
 * @category faults
 */
export const html = (status = 200, options: { readonly worked?: boolean | undefined } = {}): Fault => ({
  _tag: "Html",
  status,
  worked: options.worked ?? false
})

/**
 * A redirect to another address; not executed.
 *
 * @category faults
 */
export const redirect = (location: string, status: 301 | 302 | 303 | 307 | 308 = 307): Fault => ({
  _tag: "Redirect",
  status,
  location
})

/**
 * Something wrong with the page.
 *
 * @category faults
 */
export const page = (defect: PageDefect): Fault => ({ _tag: "Page", defect })

/**
 * A reply that begins and never ends: `chunk` bytes (1,024) every `every` milliseconds (100); with `chunk: 0` nothing
 * more comes.
 *
 * @category faults
 */
export const endless = (
  options: { readonly chunk?: number | undefined; readonly every?: number | undefined } = {}
): Fault => ({ _tag: "Endless", chunk: options.chunk ?? 1024, every: options.every ?? 100 })

/**
 * A body of 30 MB, or `bytes`, with status 502; not executed.
 *
 * @category faults
 */
export const huge = (
  options: { readonly bytes?: number | undefined; readonly status?: number | undefined } = {}
): Fault => ({ _tag: "Huge", bytes: options.bytes ?? 30_000_000, status: options.status ?? 502 })

/**
 * Executed; the reply says `content-encoding: gzip` and is plain.
 *
 * @category faults
 */
export const falseGzip: Fault = { _tag: "FalseGzip" }

/**
 * Throws `InvalidSetting` if a value is not a plan. For plans that come from a file.
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
