/**
 * Faults between a client and the server, as plain values, and plans that assign faults to requests. They are those of
 * `@checkpoint-permissions/fake`, with Effect's `Duration` for milliseconds.
 *
 * Plans are data: they can be printed, saved and replayed by their seed. A fault of listings, such as a repeated
 * cursor, does not affect other requests.
 */
import * as Fake from "@checkpoint-permissions/fake/faults"
import type * as Duration from "effect/Duration"
import { toMillis } from "./internal/fake/time.ts"

export * from "@checkpoint-permissions/fake/faults"

const millis = (duration: Duration.Input): number => Math.round(toMillis(duration) ?? Number.NaN)

/**
 * Delays the execution of a request, its reply, or both.
 *
 * @example
 * ```ts effect4
 * import { Faults } from "@checkpoint-permissions/effect4"
 *
 * // the server executes the request, but replies after the timeout of the client
 * const slow = Faults.latency({ after: "2 minutes" })
 * ```
 *
 * @category faults
 */
export const latency = (options: {
  readonly before?: Duration.Input | undefined
  readonly after?: Duration.Input | undefined
}): Fake.Fault => Fake.latency({ ...options, before: millis(options.before ?? 0), after: millis(options.after ?? 0) })

/**
 * Executes a request after a delay, even if the client has disconnected by then.
 *
 * @category faults
 */
export const lateWork = (delay: Duration.Input, meanwhile: "wait" | "drop" | "gateway-timeout" = "wait"): Fake.Fault =>
  Fake.lateWork(millis(delay), meanwhile)

/**
 * A reply that never ends. It sends `chunk` bytes (default 1,024) every `every` (default 100 milliseconds of the
 * `Clock`). With `chunk: 0` no bytes follow the beginning.
 *
 * @category faults
 */
export const endless = (
  options: { readonly chunk?: number | undefined; readonly every?: Duration.Input | undefined } = {}
): Fake.Fault => Fake.endless({ ...options, every: millis(options.every ?? 100) })
