/**
 * The result of a write, from its reply and from later listings: which permission of a project stays, what an
 * unconfirmed create needs, and when a 404 or `deleted: false` to a delete is trusted.
 *
 * A delete whose reply is lost, step by step:
 *
 * 1. `failure.ofTransport` or `failure.ofTimeout` makes a failure with `mayHaveExecuted: true`.
 * 2. `calling.onEnded` keeps it in the state of the call. Later attempts receive it, and so do their failures.
 *    `failure.isRetryable` lets a delete be repeated. `calling.retryDelay` returns when, within the cap. The rate
 *    limiter learns nothing from a reply that never arrived.
 * 3. If the next attempt finds nothing, the delete has succeeded: `resolveWrite` in the row `delete` of `operations`
 *    makes a success of a 404. A reply of `deleted: true` means that the first attempt did nothing.
 * 4. Any other failure leaves the result open. The call fails immediately if that failure is not retryable, or when
 *    nothing is left of the cap. The failure has `mayHaveExecuted: true`. A revoke fails with it; the next one lists
 *    first.
 * 5. If the call is interrupted during the delay before an attempt, `calling.outcome` returns the last failure.
 *    `finishInFlight` passes it to its callback.
 *
 * A 404 to the first attempt is different: no reply of ours was lost. Another client deleted the permission, or a proxy
 * answered in the server's place. Nor does a reply of `deleted: false` show that the permission is gone. `afterDelete`
 * lists the project before it trusts either.
 */

export type { Call, Program } from "./internal/program.ts"
export * from "./internal/writes/calls.ts"
export * from "./internal/writes/create.ts"
export * from "./internal/writes/delete.ts"
export * from "./internal/writes/duplicates.ts"
export * from "./internal/writes/grant.ts"
export * from "./internal/writes/snapshot.ts"
