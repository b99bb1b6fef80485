/**
 * Parts of a long run: which checkpoints each of several jobs reads, so that
 * together they read each of them once.
 *
 * @example
 * ```ts
 * import { Access, AccessMatrix, AccessPart } from "@checkpoint-permissions/access"
 * import type { Identifiers } from "@checkpoint-permissions/core"
 * import { Effect } from "effect"
 *
 * // In each of five jobs, with its own number.
 * const job = Effect.fn(function* (checkpoints: ReadonlyArray<Identifiers.CheckpointId>, number: number) {
 *   const share = { number, of: 5 }
 *   const matrix = yield* Access.audit(AccessPart.deal(checkpoints, share))
 *   return AccessMatrix.toJson({ ...matrix, part: AccessPart.of(checkpoints, share) })
 * })
 *
 * // And in one that waits for them.
 * const together = Effect.fn(function* (files: ReadonlyArray<string>) {
 *   return yield* AccessMatrix.merge(yield* Effect.forEach(files, AccessMatrix.fromJson))
 * })
 * ```
 *
 * @since 0.1.0
 */
import * as internal from "./internal/part.ts"

export { Part, type Share } from "./internal/part.ts"

/**
 * The checkpoints of a part, in the order given. Each is in exactly one of the
 * parts, and none of these has more than one checkpoint more than another. They
 * are dealt by turns in the order of their ids: the same checkpoints in another
 * order, or with one given twice, give the same parts. Nothing is dealt to a
 * `number` that is not between 1 and `of`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { AccessPart } from "@checkpoint-permissions/access"
 *
 * const checkpoints = ["ft:a", "ft:b", "ft:c"]
 * assert.deepEqual(AccessPart.deal(checkpoints, { number: 1, of: 2 }), ["ft:a", "ft:c"])
 * assert.deepEqual(AccessPart.deal(checkpoints, { number: 2, of: 2 }), ["ft:b"])
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const deal: <Id extends string>(checkpoints: ReadonlyArray<Id>, share: internal.Share) => ReadonlyArray<Id> =
  internal.deal

/**
 * What marks a matrix or a plan that was made of a part of these checkpoints.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { AccessPart } from "@checkpoint-permissions/access"
 *
 * const part = AccessPart.of(["ft:a", "ft:b", "ft:c"], { number: 1, of: 2 })
 * assert.deepEqual(part, { number: 1, of: 2, checkpoints: 3 })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const of = (checkpoints: ReadonlyArray<string>, share: internal.Share): internal.Part => ({
  ...share,
  checkpoints: new Set(checkpoints).size
})

/**
 * For people: `part 2/5 of 300 checkpoints`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { AccessPart } from "@checkpoint-permissions/access"
 *
 * assert.equal(AccessPart.label({ number: 2, of: 5, checkpoints: 300 }), "part 2/5 of 300 checkpoints")
 * ```
 *
 * @category rendering
 * @since 0.1.0
 */
export const label: (part: internal.Part) => string = internal.label
