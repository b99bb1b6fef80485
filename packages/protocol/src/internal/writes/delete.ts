import type { Failure } from "../../failure.ts"
import type { Call, Program } from "../program.ts"
import type { Calls, CreateFailure } from "./calls.ts"
import { ownerProjectOf } from "./create.ts"
import type { PermissionFields } from "./snapshot.ts"

/** The calls of a delete at one checkpoint. `F` is the failure of a delete. */
export interface DeleteCalls<Y, P extends PermissionFields, F extends Pick<Failure, "kind"> = Failure> {
  /** Sends one delete, which runs to completion once it was sent. Returns its failure, if it failed. */
  readonly send: (permission: P) => Call<Y, F | undefined>
  /** Returns true if a complete listing of its project shows the permission. */
  readonly isListed: (permission: P) => Call<Y, boolean>
  /** Called with a permission that was deleted by another client. */
  readonly onGone: (permission: P) => Call<Y, unknown>
}

/**
 * Returns true if a permission no longer exists after a failed delete. A 404 is trusted only if no listing shows the
 * permission.
 */
export function* isGone<Y, P extends PermissionFields>(
  calls: Pick<DeleteCalls<Y, P>, "isListed">,
  permission: P,
  failure: Pick<Failure, "kind">
): Program<Y, boolean> {
  return failure.kind === "NotFoundError" && !(yield* calls.isListed(permission))
}

/**
 * Deletes a permission. A permission that is already deleted counts as success. Returns the failure, if there is one.
 */
export function* deletePermission<Y, P extends PermissionFields, F extends Pick<Failure, "kind">>(
  calls: DeleteCalls<Y, P, F>,
  permission: P
): Program<Y, F | undefined> {
  const failure = yield* calls.send(permission)
  if (failure === undefined) return undefined
  if (!(yield* isGone(calls, permission, failure))) return failure
  yield* calls.onGone(permission)
  return undefined
}

/** The result of a revoke. Each project is in exactly one of the three lists. */
export interface RevokeReport<Project extends string> {
  readonly revoked: ReadonlyArray<Project>
  /** Projects that had no permission. An owner has access without one. */
  readonly absent: ReadonlyArray<Project>
  /**
   * The project that owns the model, if the server has named it in this revoke or before. It always has access and can
   * be neither granted nor revoked.
   */
  readonly ownerProjects: ReadonlyArray<Project>
}

/** The calls of a revoke. */
export interface RevokeCalls<Y, P extends PermissionFields, F extends CreateFailure = Failure>
  extends Pick<Calls<Y, P, F>, "each" | "fail" | "read">,
    DeleteCalls<Y, P, F> {
  /** Returns true if the server has named the project as the owner of the model. */
  readonly isOwner: (project: P["project_id"]) => boolean
}

/** Reads the checkpoint, and deletes every permission of the projects, duplicates included. */
export function* revoke<Y, P extends PermissionFields, F extends CreateFailure>(
  calls: RevokeCalls<Y, P, F>,
  projects: ReadonlyArray<P["project_id"]>
): Program<Y, RevokeReport<P["project_id"]>> {
  const { permissions, projects: had } = yield* calls.read(projects)
  const refused = yield* calls.each(
    permissions.map(
      (permission) =>
        function* (): Program<Y, P["project_id"] | undefined> {
          const failure = yield* deletePermission(calls, permission)
          if (failure === undefined) return undefined
          return ownerProjectOf(failure, [permission.project_id]) ?? (yield* calls.fail(failure))
        }
    )
  )
  const owners = new Set([...refused.filter((owner) => owner !== undefined), ...projects.filter(calls.isOwner)])
  return {
    revoked: projects.filter((project) => had.has(project) && !owners.has(project)),
    absent: projects.filter((project) => !had.has(project) && !owners.has(project)),
    ownerProjects: [...owners]
  }
}
