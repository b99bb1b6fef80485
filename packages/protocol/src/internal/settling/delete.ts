import type { Failure } from "../../failure.ts"
import type { Deleted } from "../../wire.ts"

/**
 * What a delete came to that ended with a failure: done by an earlier attempt whose reply was lost; absent, which a
 * reading should confirm, since something between may have answered in the server's place; or failed.
 */
export const onDelete = (
  failure: Pick<Failure, "kind">,
  earlierMayHaveExecuted: boolean
): "done" | "absent" | "failed" => {
  if (failure.kind !== "NotFoundError") return "failed"
  return earlierMayHaveExecuted ? "done" : "absent"
}

/**
 * The reply to a delete. `deleted: false` after an attempt that may have been executed means that this attempt deleted
 * the permission.
 */
export const onDeleted = <D extends Deleted>(reply: D, earlierMayHaveExecuted: boolean): D =>
  earlierMayHaveExecuted ? { ...reply, deleted: true } : reply
