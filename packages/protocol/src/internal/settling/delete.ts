import type { Failure } from "../../failure.ts"
import type { Call, Program } from "../program.ts"
import type { Granted } from "./oldest.ts"

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
  return failure.kind === "NotFoundError" && !(yield* calls.isListed(permission))
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
