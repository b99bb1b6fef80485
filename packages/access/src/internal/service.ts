/** The service as a type. */

import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import type * as writes from "@checkpoint-permissions/protocol/writes"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { AccessStep } from "../AccessStep.ts"
import type { ApplyOptions } from "./apply/options.ts"
import type { AccessMatrix } from "./audit/matrix.ts"
import type { AuditOptions } from "./audit/options.ts"
import type { WriteOptions } from "./checkpoint/writes.ts"
import type { JournalFailed } from "./journal/model.ts"
import type { AccessPlan, PlanRefused } from "./plan/model.ts"
import type { PlanOptions } from "./plan/plan.ts"
import type { AccessPolicy } from "./policy/model.ts"

/**
 * The result of a grant: each project is in one of the four.
 *
 * @category models
 */
export interface Granted extends writes.GrantReport<ProjectId> {}

/**
 * The result of a revoke: each project is in one of the three.
 *
 * @category models
 */
export interface Revoked extends writes.RevokeReport<ProjectId> {}

/**
 * The operations on access to checkpoints. Ids are plain strings (a branded one is one too) and are checked before a
 * request exists: a wrong one is `InvalidInputError`.
 *
 * Fibers that use one `Access` change a checkpoint one after the other. Processes, and two `Access` in one process, do
 * not exclude each other: each reads back what it wrote, and the last to read leaves one permission, never none.
 *
 * @category models
 */
export interface Service {
  /**
   * Grants projects access to a checkpoint, each exactly once.
   *
   * It reads first, creates what is missing (100 projects a create), reads again, and of several permissions of one
   * project leaves the oldest (`created_at`, then `id`). If the reply to a create is lost, the checkpoint is listed again
   * to find out what happened. A create that was answered is not sent again because a listing does not show it: it is
   * read again for half a minute, and is `notListedYet` then. Not promised: a create that the server executes only after it
   * was read back.
   *
   * An interruption lets a request in flight finish. Fails with the error of the first project that is refused, after the
   * others are granted, and with the error of the journal before a write whose line cannot be written.
   */
  readonly grant: <E = never>(
    checkpoint: string,
    projects: ReadonlyArray<string>,
    options?: WriteOptions<E>
  ) => Effect.Effect<Granted, PermissionsError | E>
  /**
   * Revokes access to a checkpoint from projects: every permission that they have, duplicates too. A permission that
   * somebody else deleted meanwhile counts as revoked: a 404 to its delete is looked up, and is a failure only if the
   * permission is still there.
   *
   * An interruption lets requests in flight finish. Fails with the error of the journal before a delete whose line cannot
   * be written.
   */
  readonly revoke: <E = never>(
    checkpoint: string,
    projects: ReadonlyArray<string>,
    options?: WriteOptions<E>
  ) => Effect.Effect<Revoked, PermissionsError | E>
  /**
   * Deletes one permission that is known already, without a read first. Reports success if it was gone before: a 404 to
   * the delete is looked up.
   *
   * An interruption lets the request in flight finish. Fails with the error of the journal before a delete whose line
   * cannot be written, and with `BadRequestError` if the project owns the model.
   */
  readonly revokePermission: <E = never>(
    checkpoint: string,
    permission: { readonly id: string; readonly project_id: string; readonly created_at: number },
    options?: WriteOptions<E>
  ) => Effect.Effect<void, PermissionsError | E>
  /**
   * Compares a policy with the server: one listing for each checkpoint of the policy, and no change. The plan holds its
   * snapshots, so that {@link Service.apply} of this `Access` need not read again.
   *
   * A checkpoint that cannot be read is in the plan's `unread` and left alone. It ends early as {@link Service.audit}
   * does, and fails then only if nothing was read.
   */
  readonly plan: (policy: AccessPolicy, options?: PlanOptions) => Effect.Effect<AccessPlan, PermissionsError>
  /**
   * Applies a plan: a stream of finished steps.
   *
   * Grants of a checkpoint come before its revokes, which are left out if a grant failed: one create for each 100
   * projects, one delete for each permission, and one listing after the creates of a checkpoint. That listing resolves
   * duplicates and is the verdict: `CheckpointFinished` has the span of the listing.
   *
   * Nothing is deleted that the plan does not show, apart from duplicates of what it grants. A duplicate is deleted only
   * right after a reading that shows the older permission beside it.
   *
   * A snapshot of the plan is used only if it began after the last write of this `Access` to the checkpoint, the call did
   * not wait for another fiber there, and it is younger than `maxSnapshotAge`. Otherwise the checkpoint is read before its
   * first write, as for a plan that was loaded or read by another `Access`. Differences that the plan's steps do not
   * explain are drift: the checkpoint is left as it is (`Drifted`).
   *
   * The failure of one checkpoint is a step and does not stop the others. When three in a row fail in the same way, the
   * next are tried once each, without retries; after ten in a row the apply ends with `Stopped`, and the stream fails with
   * that error. It ends immediately when the key is not accepted or lacks the scope, the quota is used up, or the rate
   * limit lets nothing through for as long as the retries last. It fails with `PlanRefused` before anything is done, and
   * with `JournalFailed` when a line cannot be written. An interruption, too, lets requests in flight finish and be
   * written down.
   */
  readonly apply: (
    plan: AccessPlan,
    options?: ApplyOptions
  ) => Stream.Stream<AccessStep, PermissionsError | PlanRefused | JournalFailed>
  /**
   * Reads which projects can use checkpoints: one listing for each checkpoint, and no change.
   *
   * A checkpoint that cannot be read, or not to the end, is unknown in the matrix with the reason, save for what was
   * seen: never "no access".
   *
   * When three checkpoints in a row fail in the same way, the next are tried once each, without retries; after ten in a
   * row no further request is made, and the rest is unknown. It ends immediately when the key is not accepted or lacks the
   * scope, the quota is used up, or the rate limit lets nothing through for as long as the retries last. Fails with that
   * error only if nothing was read. A checkpoint that is not there, that is refused as a bad request, or whose listing
   * cannot be trusted neither counts nor breaks the row: an audit of nothing else is unknown.
   */
  readonly audit: (
    checkpoints: ReadonlyArray<string>,
    options?: AuditOptions
  ) => Effect.Effect<AccessMatrix, PermissionsError>
}
