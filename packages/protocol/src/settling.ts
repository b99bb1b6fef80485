/**
 * What a write came to, from its reply and from readings: which permission of a project stays, what a create needs that
 * may have been executed, when a 404 to a delete is believed.
 *
 * What happens to a delete whose reply is lost, step by step:
 *
 * 1. `failure.ofTransport` or `failure.ofTimeout` makes a failure of it that says `mayHaveExecuted`.
 * 2. `calling.onEnded` keeps that, and each attempt that follows is given it, so that its failure says so too.
 *    `failure.isRetryable` lets a delete be repeated, and `calling.retryDelay` says when, within the cap. The pace learns
 *    nothing from a reply that never came.
 * 3. The next attempt finds nothing: a 404 is success, and so is a reply of `deleted: false`, by `settle` in the row of
 *    `operations`. A reply of `deleted: true` means that the first attempt did nothing.
 * 4. An attempt that fails otherwise leaves it open: the call fails at once if that failure is not retryable, or when
 *    nothing is left of the cap. Its failure still says `mayHaveExecuted`. A revoke ends with it; another one reads first.
 * 5. Who is interrupted while the next attempt is delayed is told of the last failure: `calling.outcome`.
 *
 * A 404 to the first attempt is another matter: nothing of ours was lost, so somebody else deleted the permission, or
 * something between answered in the server's place. `isGone` looks the permission up before it is believed.
 */

export type { Call, Program } from "./internal/program.ts"
export type { Calls } from "./internal/settling/calls.ts"
export * from "./internal/settling/create.ts"
export * from "./internal/settling/delete.ts"
export * from "./internal/settling/duplicates.ts"
export * from "./internal/settling/ensure.ts"
export * from "./internal/settling/grant.ts"
export * from "./internal/settling/limits.ts"
export * from "./internal/settling/oldest.ts"
export * from "./internal/settling/owner.ts"
export * from "./internal/settling/read.ts"
export * from "./internal/settling/revoke.ts"
export * from "./internal/settling/settleDoubles.ts"
