/** Faults and plans as data: what `Faults` exports as its models. */
import { operations } from "@checkpoint-permissions/fake/faults"
import * as Schema from "effect/Schema"

const Millis = Schema.Int.pipe(Schema.between(0, 86_400_000))
const Status = Schema.Int.pipe(Schema.between(200, 599))
const Worked = Schema.Boolean

/**
 * What can be wrong with a page that is otherwise as promised.
 *
 * - `repeated-cursor`: `has_more` is true and `last_id` is the cursor that was asked for; only listings with `after`
 * - `missing-has-more`, `has-more-yes`: no `has_more`, or the string `"yes"`
 * - `null-last-id`, `missing-last-id`: no cursor to go on from
 * - `data-not-list`: `data` is an object
 * - `item-without-id`: the last item has no `id`; only pages with items
 *
 * @example
 * ```ts
 * import { Faults } from "@checkpoint-permissions/testing"
 *
 * const plans = Faults.PageDefect.literals.map((defect) => Faults.scripted([Faults.page(defect)]))
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export const PageDefect = Schema.Literal(
  "repeated-cursor",
  "missing-has-more",
  "has-more-yes",
  "null-last-id",
  "missing-last-id",
  "data-not-list",
  "item-without-id"
)

/**
 * @category models
 * @since 0.1.0
 */
export type PageDefect = typeof PageDefect.Type

/**
 * One thing that goes wrong with one request. `worked` says whether the server
 * did the work all the same. Times are in milliseconds.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Faults } from "@checkpoint-permissions/testing"
 * import { Schema } from "effect"
 *
 * const fault = Schema.decodeUnknownSync(Faults.Fault)({ _tag: "DropAfter", code: "ECONNRESET" })
 * assert.deepEqual(fault, Faults.dropAfter())
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export const Fault = Schema.Union(
  /** This answer in place of the server's. */
  Schema.TaggedStruct("Reply", {
    status: Status,
    headers: Schema.Record({ key: Schema.String, value: Schema.String }),
    body: Schema.String,
    worked: Worked
  }),
  /** More time on the way there (`before`) or back (`after`). */
  Schema.TaggedStruct("Latency", { before: Millis, after: Millis }),
  /** No connection, or one that breaks before the server has read the request: nothing was done. */
  Schema.TaggedStruct("DropBefore", { code: Schema.String }),
  /** The connection breaks after the work was done. */
  Schema.TaggedStruct("DropAfter", { code: Schema.String }),
  /**
   * The work is done `millis` after the request came, whatever the client does:
   * it is kept waiting, cut off at once, or told 504 at once.
   */
  Schema.TaggedStruct("LateWork", { millis: Millis, meanwhile: Schema.Literal("wait", "drop", "gateway-timeout") }),
  /** `share` of the body, then the connection breaks (`"drop"`), or the reply ends as if that were all (`"end"`). */
  Schema.TaggedStruct("TruncatedBody", {
    share: Schema.Number.pipe(Schema.between(0, 1)),
    then: Schema.Literal("drop", "end")
  }),
  /** A page of HTML, as proxies and captive portals send. */
  Schema.TaggedStruct("Html", { status: Status, worked: Worked }),
  /** A redirect to `location`. */
  Schema.TaggedStruct("Redirect", { status: Schema.Literal(301, 302, 303, 307, 308), location: Schema.String }),
  /** Something wrong with the page. */
  Schema.TaggedStruct("Page", { defect: PageDefect }),
  /**
   * A reply that never ends: half of the body, then `chunk` bytes of white space
   * each `every` milliseconds, or silence when `chunk` is 0.
   */
  Schema.TaggedStruct("Endless", { chunk: Schema.Int.pipe(Schema.between(0, 1_048_576)), every: Millis }),
  /** A body of `bytes` bytes. */
  Schema.TaggedStruct("Huge", { status: Status, bytes: Schema.Int.pipe(Schema.between(0, 1_073_741_824)) }),
  /** The reply says that it is gzip, and is not. */
  Schema.TaggedStruct("FalseGzip", {})
).annotations({ identifier: "Fault" })

/**
 * @category models
 * @since 0.1.0
 */
export type Fault = typeof Fault.Type

/**
 * The calls of the API: `list`, `create` and `delete` of checkpoint
 * permissions, and those next to them.
 *
 * @example
 * ```ts
 * import { Faults } from "@checkpoint-permissions/testing"
 *
 * const everyFirst = Faults.scripted(
 *   Faults.Operation.literals.map((operation) => ({ fault: Faults.error(503), operation, nth: 1 }))
 * )
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export const Operation = Schema.Literal(...operations)

/**
 * @category models
 * @since 0.1.0
 */
export type Operation = typeof Operation.Type

const Positive = Schema.Int.pipe(Schema.positive())

/**
 * A fault and the requests it is for: those of an operation, of a checkpoint,
 * both or all; from the `nth` of these on (counted from 1 since the plan was
 * set) or, left out, from the first that no entry before has taken; `times` of
 * them (1).
 *
 * @example
 * ```ts
 * import { FakePermissions, Faults } from "@checkpoint-permissions/testing"
 *
 * // the second and the third delete fail
 * const entry: Faults.Entry = { fault: Faults.error(500), operation: "delete", nth: 2, times: 2 }
 * const layer = FakePermissions.layer({ faults: Faults.scripted([entry]) })
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export const Entry = Schema.Struct({
  fault: Fault,
  operation: Schema.optional(Operation),
  checkpoint: Schema.optional(Schema.String),
  nth: Schema.optional(Positive),
  times: Schema.optional(Positive)
}).annotations({ identifier: "Entry" })

/**
 * @category models
 * @since 0.1.0
 */
export interface Entry extends Schema.Schema.Type<typeof Entry> {}

/**
 * The faults that a random plan draws from.
 *
 * @example
 * ```ts
 * import { Faults } from "@checkpoint-permissions/testing"
 *
 * // a property test over every kind of fault
 * const plans = Faults.Kind.literals.map((kind) => Faults.random({ seed: 7, probability: 0.2, kinds: [kind] }))
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export const Kind = Schema.Literal(
  "rate-limited",
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
  "repeated-cursor",
  "missing-has-more",
  "has-more-yes",
  "null-last-id",
  "missing-last-id",
  "data-not-list",
  "item-without-id",
  "endless",
  "huge",
  "false-gzip"
)

/**
 * @category models
 * @since 0.1.0
 */
export type Kind = typeof Kind.Type

/**
 * Which requests meet which fault.
 *
 * A `Random` plan gives the request at each position (counted from 0 since the
 * plan was set) a fault with `probability`, of one of `kinds`. What it draws
 * depends on `seed` and the position alone. `atMost` ends it after so many
 * faults; `consecutive` lets a request pass after so many in a row, so that a
 * client that retries gets through.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Faults } from "@checkpoint-permissions/testing"
 * import { Schema } from "effect"
 *
 * // a plan that went wrong, kept for later
 * const json = Schema.encodeSync(Schema.parseJson(Faults.Plan))(Faults.random({ seed: 7, probability: 0.2 }))
 * assert.equal(Schema.decodeSync(Schema.parseJson(Faults.Plan))(json)._tag, "Random")
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export const Plan = Schema.Union(
  Schema.TaggedStruct("Scripted", { entries: Schema.Array(Entry) }),
  Schema.TaggedStruct("Random", {
    seed: Schema.Int.pipe(Schema.between(-2_147_483_648, 2_147_483_647)),
    probability: Schema.Number.pipe(Schema.between(0, 1)),
    kinds: Schema.Array(Kind),
    operations: Schema.optional(Schema.Array(Operation)),
    atMost: Schema.optional(Schema.NonNegativeInt),
    consecutive: Schema.optional(Positive)
  })
).annotations({ identifier: "Plan" })

/**
 * @category models
 * @since 0.1.0
 */
export type Plan = typeof Plan.Type
