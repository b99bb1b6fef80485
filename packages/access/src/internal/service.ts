/** The operations of `Access`, with their types. */

import type { CreateError, DeleteError, ListingError } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import type * as writes from "@checkpoint-permissions/protocol/writes"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { ApplyOptions } from "./apply/options.ts"
import type { AccessStep } from "./apply/step.ts"
import type { AccessMatrix, AuditOptions } from "./audit/matrix.ts"
import type { WriteOptions } from "./checkpoint/writes.ts"
import type { JournalFailed } from "./journal.ts"
import type { AccessPlan, PlanOptions, PlanRefused } from "./plan/steps.ts"
import type { AccessPolicy } from "./policy/entry.ts"

/** The result of a grant. Each project is in exactly one of the four lists. */
export interface Granted extends writes.GrantReport<ProjectId> {}

/** The result of a revoke. Each project is in exactly one of the three lists. */
export interface Revoked extends writes.RevokeReport<ProjectId> {}

/**
 * The errors of a grant.
 *
 * @category errors
 */
export type GrantError = CreateError | DeleteError | ListingError

/**
 * The errors of a revoke.
 *
 * @category errors
 */
export type RevokeError = DeleteError | ListingError

/**
 * The operations on access to checkpoints. Ids are plain strings (branded ids work too) and are validated before any
 * request is sent. An invalid id is an `InvalidInputError`.
 *
 * Fibers that use one `Access` change a checkpoint one after the other. Processes have no common lock, and neither have
 * two `Access` in one process. There, each lists again after its writes, and the last to read leaves exactly one
 * permission.
 */
export interface Service {
  /**
   * Makes sure that each project has exactly one permission for a checkpoint.
   *
   * It lists first, creates missing permissions (100 projects per create), and lists again. Of several permissions of a
   * project it keeps the oldest (`created_at`, then `id`). If the reply to a create is lost, the checkpoint is listed
   * again to find out what happened. If a create succeeded but the listing does not show it yet, it is not sent again.
   * The listing is repeated for half a minute; after that the project is `notListedYet`. So is one of whose listing a
   * deadline or the rate limit ended. A project whose create was sent twice is in `mayBeDuplicated` if the listing did
   * not show the result. Not covered: a create that the server executes only after the checkpoint was listed again.
   *
   * An interruption lets a request in flight finish. Fails with the error of the first refused project, after the
   * others are granted. Fails with the error of the journal before a write whose line cannot be written.
   *
   * @param checkpoint - The name of the model, `ft:…`.
   * @param projects - The ids of the projects.
   * @param options - The journal of the writes, and their author.
   */
  readonly grant: <E = never>(
    checkpoint: string,
    projects: ReadonlyArray<string>,
    options?: WriteOptions<E>
  ) => Effect.Effect<Granted, GrantError | E>
  /**
   * Revokes access to a checkpoint from projects: all their permissions, duplicates included. A permission that another
   * caller deleted in the meantime counts as revoked. After a 404 or `deleted: false` to a delete the project is listed
   * again: only a permission that is still there is a failure.
   *
   * An interruption lets requests in flight finish. Fails with the error of the journal before a delete whose line
   * cannot be written.
   *
   * @param checkpoint - The name of the model, `ft:…`.
   * @param projects - The ids of the projects.
   * @param options - The journal of the writes, and their author.
   */
  readonly revoke: <E = never>(
    checkpoint: string,
    projects: ReadonlyArray<string>,
    options?: WriteOptions<E>
  ) => Effect.Effect<Revoked, RevokeError | E>
  /**
   * Deletes one known permission, without a listing first. Succeeds if it was already deleted: after a 404 or
   * `deleted: false` to the delete the project is listed.
   *
   * An interruption lets the request in flight finish. Fails with the error of the journal before a delete whose line
   * cannot be written, and with `BadRequestError` if the project owns the model.
   *
   * @param checkpoint - The name of the model, `ft:…`.
   * @param permission - The permission, as a listing returned it.
   * @param options - The journal of the writes, and their author.
   */
  readonly revokePermission: <E = never>(
    checkpoint: string,
    permission: { readonly id: string; readonly project_id: string; readonly created_at: number },
    options?: WriteOptions<E>
  ) => Effect.Effect<void, RevokeError | E>
  /**
   * Compares a policy with the server: one listing for each checkpoint of the policy, and no change. The plan contains
   * its snapshots, so that {@link Service.apply} of this `Access` need not read again.
   *
   * A checkpoint that cannot be read is in the plan's `unread` and is not changed. The plan stops early under the same
   * conditions as {@link Service.audit}, and fails then only if nothing was read.
   *
   * @param policy - The access that projects are to have.
   * @param options - Concurrency, progress, and the part of the policy to plan.
   */
  readonly plan: (policy: AccessPolicy, options?: PlanOptions) => Effect.Effect<AccessPlan, PermissionsError>
  /**
   * Applies a plan, as a stream of finished steps.
   *
   * Grants of a checkpoint come before its revokes, which are skipped if a grant failed. It sends one create per 100
   * projects, one delete per permission, and one listing after the creates of a checkpoint. That listing resolves
   * duplicates and determines the verdict: `CheckpointFinished` has the span of the listing.
   *
   * Only permissions that the plan shows are deleted, its duplicates included, and duplicates of its grants. A duplicate is deleted only right
   * after a listing that shows the older permission beside it.
   *
   * A snapshot of the plan must be younger than `maxSnapshotAge` and begin after the last write of this `Access` to the
   * checkpoint. It is not used if the call waited for another fiber there, or if the plan notes duplicates there.
   * Otherwise the checkpoint is read before its first write, as for a plan that was loaded or made by another `Access`.
   * Differences that the plan's steps do not explain are drift (`Drifted`). Before the first write, nothing is changed
   * there. After the grants, the planned deletes follow.
   *
   * The failure of one checkpoint is a step and does not stop the others. After three failures of the same kind in a
   * row, the next checkpoints are tried once each, without retries. After ten in a row the apply ends with `Stopped`,
   * and the stream fails with that error. It ends immediately if the key is not accepted or lacks the scope, or if the
   * quota is used up. It also ends if the rate limit accepts no request during all retries. It fails with `PlanRefused`
   * before the first request, and with `JournalFailed` if a line cannot be written. An interruption lets requests in
   * flight finish and be recorded.
   *
   * @param plan - A plan, made by this `Access` or loaded.
   * @param options - Limits, journal and concurrency.
   */
  readonly apply: (
    plan: AccessPlan,
    options?: ApplyOptions
  ) => Stream.Stream<AccessStep, PermissionsError | PlanRefused | JournalFailed>
  /**
   * Returns the plan that revokes every permission of a project in an audit, or in rows made from the audit log. An apply
   * of this `Access` deletes them without another read.
   */
  readonly planRevoking: (
    matrix: Pick<AccessMatrix, "apiUrl" | "createdAt" | "organization" | "rows">,
    project: string
  ) => Effect.Effect<AccessPlan>
  /**
   * Reads which projects can use checkpoints: one listing for each checkpoint, and no change.
   *
   * A checkpoint that cannot be read to the end is unknown in the matrix, with the reason. Permissions that were read
   * count; missing ones are never "no access".
   *
   * After three failures of the same kind in a row, the next checkpoints are tried once each, without retries. After
   * ten in a row no further request is sent, and the rest is unknown. It ends immediately if the key is not accepted or
   * lacks the scope, or if the quota is used up. It also ends if the rate limit accepts no request during all retries.
   * Fails with that error only if nothing was read. Not counted, without a reset of the count: a checkpoint that does
   * not exist, is refused as a bad request, or has an inconsistent listing. An audit of only such checkpoints succeeds,
   * with every row unknown.
   *
   * @param checkpoints - The names of the models, `ft:…`.
   * @param options - Concurrency, progress, and names and owners to show.
   */
  readonly audit: (
    checkpoints: ReadonlyArray<string>,
    options?: AuditOptions
  ) => Effect.Effect<AccessMatrix, PermissionsError>
}
