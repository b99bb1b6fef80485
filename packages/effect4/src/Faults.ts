/**
 * What can go wrong between a client and the server, as plain values: a fault, and a plan that says which requests meet
 * one. Those of `@checkpoint-permissions/fake`, with Effect's `Duration` for its milliseconds.
 *
 * Plans are data: they can be printed, saved and replayed by their seed. A fault that suits only listings, such as a
 * repeated cursor, passes other requests by.
 *
 * @since 0.1.0
 */
import * as Fake from "@checkpoint-permissions/fake/faults"
import type * as Duration from "effect/Duration"
import { toMillis } from "./internal/fake/time.ts"

export * from "@checkpoint-permissions/fake/faults"

const millis = (duration: Duration.Input): number => Math.round(toMillis(duration) ?? Number.NaN)

/**
 * More time before the work, after it, or both.
 *
 * @example
 * ```ts effect4
 * import { Faults } from "@checkpoint-permissions/effect4"
 *
 * // the work is done, and the client has given up long before it is told so
 * const slow = Faults.latency({ after: "2 minutes" })
 * ```
 *
 * @category faults
 */
export const latency = (options: {
  readonly before?: Duration.Input | undefined
  readonly after?: Duration.Input | undefined
}): Fake.Fault => Fake.latency({ before: millis(options.before ?? 0), after: millis(options.after ?? 0) })

/**
 * The work is done later, also when the client has gone by then.
 *
 * @category faults
 */
export const lateWork = (delay: Duration.Input, meanwhile: "wait" | "drop" | "gateway-timeout" = "wait"): Fake.Fault =>
  Fake.lateWork(millis(delay), meanwhile)

/**
 * A reply that begins and never ends: `chunk` bytes (1,024) each `every` (100 milliseconds of the `Clock`); with
 * `chunk: 0` nothing more comes.
 *
 * @category faults
 */
export const endless = (
  options: { readonly chunk?: number | undefined; readonly every?: Duration.Input | undefined } = {}
): Fake.Fault => Fake.endless({ chunk: options.chunk, every: millis(options.every ?? 100) })
