import type { Failure } from "../../failure.ts"
import type { Deleted } from "../../wire.ts"
import type { Call, Program } from "../program.ts"
import type { Granted } from "./oldest.ts"

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

/** The reply to a delete. `deleted: false` after an attempt that may have been executed means that that attempt did it. */
export const onDeleted = <D extends Deleted>(reply: D, earlierMayHaveExecuted: boolean): D =>
  earlierMayHaveExecuted ? { ...reply, deleted: true } : reply

/** What deletes at one checkpoint are made of. `F` is what one fails with. */
export interface DeleteCalls<Y, P extends Granted, F extends Pick<Failure, "kind"> = Failure> {
  /**
   * One delete, which is finished once it is under way: what it failed with, or nothing if it deleted the permission.
   */
  readonly send: (permission: P) => Call<Y, F | undefined>
  /** Whether a whole listing of its project shows the permission. */
  readonly isListed: (permission: P) => Call<Y, boolean>
  readonly onGone: (permission: P) => Call<Y, unknown>
}

/** Whether a permission whose delete failed is gone: a 404 is believed when no listing shows the permission. */
export function* isGone<Y, P extends Granted>(
  calls: Pick<DeleteCalls<Y, P>, "isListed">,
  permission: P,
  failure: Pick<Failure, "kind">
): Program<Y, boolean> {
  return onDelete(failure, false) === "absent" && !(yield* calls.isListed(permission))
}

/** Deletes a permission. Already deleted counts as success. Returns what it failed with, if it did. */
export function* deletePermission<Y, P extends Granted, F extends Pick<Failure, "kind">>(
  calls: DeleteCalls<Y, P, F>,
  permission: P
): Program<Y, F | undefined> {
  const failure = yield* calls.send(permission)
  if (failure === undefined) return undefined
  if (!(yield* isGone(calls, permission, failure))) return failure
  yield* calls.onGone(permission)
  return undefined
}
