import { duplicates, type Reading } from "./duplicates.ts"
import { limits } from "./limits.ts"
import type { Granted } from "./oldest.ts"

/**
 * What is known of a project with several permissions.
 *
 * @category models
 * @since 0.1.0
 * @see {@link nextOfDoubled}
 */
export interface Doubled<P extends Granted> {
  readonly project: P["project_id"]
  readonly reading: Reading<P>
  /** The reading before it, if the project was read again. */
  readonly before?: Reading<P> | undefined
  /** How old the reading is, in milliseconds. */
  readonly age: number
  /** The ids of those that were deleted. */
  readonly deleted: { readonly has: (id: string) => boolean }
  /** Whether the project was read since the last delete. */
  readonly isReadSinceDelete: boolean
  readonly mayDelete: (permission: P) => boolean
}

/**
 * What to do next about a project with several permissions: delete one of them,
 * read the project again, or nothing more, with what it has left. A younger
 * permission is deleted only right after a reading that shows the older one
 * beside it, and the project is read once more after that.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { settling } from "@checkpoint-permissions/protocol"
 *
 * const older = { id: "cp_1", created_at: 1_700_000_000, project_id: "proj_a" }
 * const younger = { id: "cp_2", created_at: 1_700_000_060, project_id: "proj_a" }
 * const next = settling.nextOfDoubled({
 *   project: "proj_a",
 *   reading: settling.readingOf([[older, younger]]),
 *   age: 0,
 *   deleted: new Set(),
 *   isReadSinceDelete: true,
 *   mayDelete: () => true
 * })
 * assert.deepEqual(next, { delete: younger })
 * ```
 *
 * @category duplicates
 * @since 0.1.0
 */
export const nextOfDoubled = <P extends Granted>(
  doubled: Doubled<P>
): { readonly delete: P } | "read" | "none" | "one" | "several" => {
  const { age, before, deleted, isReadSinceDelete, mayDelete, project, reading } = doubled
  const left = (reading.projects.get(project) ?? []).filter(({ id }) => !deleted.has(id)).length
  if (left < 2 && isReadSinceDelete) return left === 1 ? "one" : "none"
  if (left < 2) return "read"
  const { toDelete, toRead } = duplicates(reading, before)
  if (age >= limits.doubleMaxAge || toRead.includes(project)) return "read"
  const younger = toDelete.find((one) => one.project_id === project && !deleted.has(one.id) && mayDelete(one))
  if (younger !== undefined) return { delete: younger }
  return isReadSinceDelete ? "several" : "read"
}
