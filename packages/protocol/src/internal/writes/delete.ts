import type { Failure } from "../../failure.ts"
import type { Call, Program } from "../program.ts"
import type { Calls, CreateFailure } from "./calls.ts"
import { ownerProjectOf } from "./create.ts"
import type { PermissionFields } from "./snapshot.ts"

/** The result of one delete. */
export type DeleteReply<F> = { readonly reply: { readonly deleted: boolean } } | { readonly failure: F }

/** The calls of {@link afterDelete}. `F` is the failure of a delete. */
export interface DeleteCalls<Y, F extends Pick<Failure, "kind"> = Failure> {
  readonly checkpoint: string
  /** Returns true if a complete listing of its project shows the permission. */
  readonly isListed: Call<Y, boolean>
  readonly fail: (failure: F | Failure) => Call<Y, never>
}

/**
 * Returns the result of a delete from its reply: `"gone"` if there was nothing to delete. A 404 and a reply of
 * `deleted: false` are trusted only if no listing shows the permission. Otherwise the delete has failed.
 */
export function* afterDelete<Y, F extends Pick<Failure, "kind">>(
  { checkpoint, fail, isListed }: DeleteCalls<Y, F>,
  result: DeleteReply<F>
): Program<Y, "done" | "gone"> {
  if ("reply" in result && result.reply.deleted) return "done"
  if ("failure" in result && result.failure.kind !== "NotFoundError") return yield* fail(result.failure)
  if (!(yield* isListed)) return "gone"
  if ("failure" in result) return yield* fail(result.failure)
  const reason = "the server replied `deleted: false` and still lists the permission"
  return yield* fail({ kind: "InvalidResponseError", operation: "delete", checkpoint, reason, mayHaveExecuted: false })
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
  extends Pick<Calls<Y, P, F>, "delete" | "each" | "fail" | "read"> {
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
          const failure = yield* calls.delete(permission)
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
