/** Faults and plans as data, and checks of their values. */
import * as Check from "../checks.ts"

/** The calls of the API: `list`, `create` and `delete` of checkpoint permissions, and those of other routes. */
export const operations = [
  "list",
  "create",
  "delete",
  "list-models",
  "list-jobs",
  "list-job-checkpoints",
  "list-projects",
  "get-model-permissions",
  "update-model-permissions",
  "delete-model-permissions",
  "list-audit-logs",
  "list-admin-keys"
] as const

/** One of {@link operations}. */
export type Operation = (typeof operations)[number]

/**
 * The defects of a page that is otherwise correct.
 *
 * - `repeated-cursor`: `has_more` is true and `last_id` is the cursor of the request; only listings with `after`
 * - `missing-has-more`, `has-more-yes`: no `has_more`, or the string `"yes"`
 * - `null-last-id`, `missing-last-id`: no cursor for the next page
 * - `data-not-list`: `data` is an object
 * - `item-without-id`: the last item has no `id`; only pages with items
 */
export const pageDefects = [
  "repeated-cursor",
  "missing-has-more",
  "has-more-yes",
  "null-last-id",
  "missing-last-id",
  "data-not-list",
  "item-without-id"
] as const

/** One of {@link pageDefects}. */
export type PageDefect = (typeof pageDefects)[number]

/**
 * A fault of one request. `worked` is true if the request is executed nevertheless.
 *
 * - `Reply`: this reply instead of the server's
 * - `Latency`: more time before the request is executed, after it, or both
 * - `DropBefore`: no connection, or a connection that breaks before the server has read the request; it is not executed
 * - `DropAfter`: the request is executed, then the connection breaks: a lost reply
 * - `LateWork`: the request is executed after `millis`, even if the client has given up; meanwhile it waits, or it is
 *   immediately disconnected or gets a 504
 * - `TruncatedBody`: `share` of the body, then the connection breaks, or the reply ends as if it were complete
 * - `Html`: a page of HTML, as proxies and captive portals send
 * - `Redirect`: a redirect to `location`
 * - `Page`: a defective page
 * - `Endless`: half of the body, then `chunk` bytes of white space every `every` milliseconds, or no bytes if `chunk`
 *   is 0
 * - `Huge`: a body of `bytes` bytes
 * - `FalseGzip`: the headers of the reply say gzip, although the body is plain text
 */
export type Fault =
  | {
      readonly _tag: "Reply"
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
      readonly worked: boolean
    }
  | { readonly _tag: "Latency"; readonly before: number; readonly after: number }
  | { readonly _tag: "DropBefore"; readonly code: string }
  | { readonly _tag: "DropAfter"; readonly code: string }
  | { readonly _tag: "LateWork"; readonly millis: number; readonly meanwhile: "wait" | "drop" | "gateway-timeout" }
  | { readonly _tag: "TruncatedBody"; readonly share: number; readonly then: "drop" | "end" }
  | { readonly _tag: "Html"; readonly status: number; readonly worked: boolean }
  | { readonly _tag: "Redirect"; readonly status: 301 | 302 | 303 | 307 | 308; readonly location: string }
  | { readonly _tag: "Page"; readonly defect: PageDefect }
  | { readonly _tag: "Endless"; readonly chunk: number; readonly every: number }
  | { readonly _tag: "Huge"; readonly status: number; readonly bytes: number }
  | { readonly _tag: "FalseGzip" }

/**
 * A fault and its requests. The requests can be limited to an operation, a checkpoint, or both. The fault starts with
 * the `nth` matching request (default: the first that no earlier entry uses). It applies to `times` requests (default
 * 1). Request 1 is the first since the plan was set.
 */
export interface Entry {
  readonly fault: Fault
  readonly operation?: Operation | undefined
  readonly checkpoint?: string | undefined
  readonly nth?: number | undefined
  readonly times?: number | undefined
}

/** Every kind of fault that a random plan can draw. */
export const kinds = [
  "rate-limited",
  "quota-exhausted",
  "server-error",
  "server-error-worked",
  "bad-gateway",
  "bad-gateway-worked",
  "latency",
  "drop-before",
  "reset-before",
  "drop-after",
  "late-work",
  "late-work-dropped",
  "truncated-body",
  "html-200",
  "redirect",
  ...pageDefects,
  "endless",
  "huge",
  "false-gzip"
] as const

/** One of {@link kinds}. */
export type Kind = (typeof kinds)[number]

/**
 * The kinds of faults after which a correct client succeeds: it retries, or lists again after a lost reply.
 *
 * With the other kinds it does not always succeed:
 *
 * - `quota-exhausted`: no retry succeeds, so a correct client fails
 * - `late-work`, `late-work-dropped`: a write may be executed after the client has listed again
 * - `false-gzip`, `html-200`, `redirect`, `missing-has-more`, `has-more-yes`, `data-not-list`, `item-without-id`: the
 *   reply is not of this API, so a correct client fails
 * - `truncated-body`: with `then: "end"` a correct client fails; with `then: "drop"` it retries
 * - `repeated-cursor`: the listing never ends, so a correct client fails
 * - `endless`: a client needs a timeout that covers the body
 */
export const survivableKinds = [
  "rate-limited",
  "server-error",
  "server-error-worked",
  "bad-gateway",
  "bad-gateway-worked",
  "latency",
  "drop-before",
  "reset-before",
  "drop-after",
  "null-last-id",
  "missing-last-id",
  "huge"
] as const satisfies ReadonlyArray<Kind>

/**
 * A plan that assigns faults to requests.
 *
 * With a `Random` plan, each request has a fault with `probability`, of one of `kinds`. The result depends only on
 * `seed` and the position of the request, from 0 since the plan was set. `atMost` limits the number of faults. After
 * `consecutive` faults in a row one request has none, so a client that retries succeeds.
 */
export type Plan =
  | { readonly _tag: "Scripted"; readonly entries: ReadonlyArray<Entry> }
  | {
      readonly _tag: "Random"
      readonly seed: number
      readonly probability: number
      readonly kinds: ReadonlyArray<Kind>
      readonly operations?: ReadonlyArray<Operation> | undefined
      readonly atMost?: number | undefined
      readonly consecutive?: number | undefined
    }

const day = 86_400_000

const status = Check.integer(200, 599)
const delay = Check.integer(0, day)

/** Checks the name of a header. An invalid name would break the connection or the process. */
const headerName = Check.matching('the name of a header, such as "retry-after"', /^[!#$%&'*+.^_`|~0-9a-z-]+$/i)

const headerValue = Check.matching(
  "what a header can carry: printable text on one line, without letters beyond Latin-1",
  /^[\t\x20-\x7e\x80-\xff]*$/
)

/** The field `_tag` of a fault, with the checks of its other fields. */
export const fields: { readonly [T in Fault["_tag"]]: Readonly<Record<string, Check.Check>> } = {
  Reply: {
    status,
    headers: Check.record("an object of headers", headerName, headerValue),
    body: Check.text,
    worked: Check.boolean
  },
  Latency: { before: delay, after: delay },
  DropBefore: { code: Check.text },
  DropAfter: { code: Check.text },
  LateWork: { millis: delay, meanwhile: Check.oneOf("wait", "drop", "gateway-timeout") },
  TruncatedBody: { share: Check.share, then: Check.oneOf("drop", "end") },
  Html: { status, worked: Check.boolean },
  Redirect: { status: Check.oneOf(301, 302, 303, 307, 308), location: headerValue },
  Page: { defect: Check.oneOf(...pageDefects) },
  Endless: { chunk: Check.integer(0, 1_048_576), every: delay },
  Huge: { status, bytes: Check.integer(0, 1_073_741_824) },
  FalseGzip: {}
}

export const fault = Check.tagged(
  "a fault",
  Object.fromEntries(Object.entries(fields).map(([tag, required]) => [tag, { required }]))
)

const operation = Check.oneOf(...operations)

export const entry = Check.struct("an object with a fault", {
  required: { fault },
  optional: { operation, checkpoint: Check.text, nth: Check.integer(1), times: Check.integer(1) }
})

export const plan = Check.tagged("a plan, as scripted and random make them", {
  Scripted: { required: { entries: Check.list("entries", entry) } },
  Random: {
    required: {
      seed: Check.anyInteger,
      probability: Check.share,
      kinds: Check.list("kinds of fault", Check.oneOf(...kinds))
    },
    optional: {
      operations: Check.list("operations", operation),
      atMost: Check.integer(0),
      consecutive: Check.integer(1)
    }
  }
})

/** Describes entries, each with the conditions for its requests, such as `DropAfter (create, nth 2)`. */
export const describe = (entries: ReadonlyArray<Entry>): string =>
  entries
    .map(({ checkpoint, fault, nth, operation }) => {
      const conditions = [operation, checkpoint, nth === undefined ? undefined : `nth ${nth}`]
      const shown = conditions.filter((one) => one !== undefined).join(", ")
      const name = "status" in fault ? `${fault._tag} ${fault.status}` : fault._tag
      return shown === "" ? name : `${name} (${shown})`
    })
    .join("; ")
