/**
 * Parts of a long run: which checkpoints each of several jobs reads, so that together they read each of them once.
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
 *   return yield* AccessMatrix.merge(yield* Effect.forEach(files, (file) => AccessMatrix.fromJson(file)))
 * })
 * ```
 *
 * @since 0.1.0
 */
export { deal, label, of, Part, type Share } from "./internal/part.ts"
