/**
 * Access as code: who may use which checkpoint, made so and kept so. Functions
 * over `CheckpointPermissions`; there is no other service to provide.
 *
 * @since 0.1.0
 */
import { CheckpointPermissions } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Effect from "effect/Effect"
import * as internalGrant from "./internal/grant.ts"
import { checked } from "./internal/projects.ts"
import * as internalRevoke from "./internal/revoke.ts"
import { inTurn } from "./internal/turns.ts"

/**
 * What a grant came to: each project is in one of the three.
 *
 * @category models
 * @since 0.1.0
 */
export interface Granted {
  /** Had no access before. */
  readonly granted: ReadonlyArray<ProjectId>
  /** Had access already. */
  readonly alreadyGranted: ReadonlyArray<ProjectId>
  /** Owns the model: always has access and can be neither granted nor revoked. */
  readonly owning: ReadonlyArray<ProjectId>
}

/**
 * What a revoke came to: each project is in one of the three.
 *
 * @category models
 * @since 0.1.0
 */
export interface Revoked {
  /** Had access before. */
  readonly revoked: ReadonlyArray<ProjectId>
  /** Had no permission. */
  readonly absent: ReadonlyArray<ProjectId>
  /** Owns the model: always has access and can be neither granted nor revoked. */
  readonly owning: ReadonlyArray<ProjectId>
}

/**
 * Gives projects access to a checkpoint, each exactly once.
 *
 * It reads first, creates what is missing (100 projects a create), reads again,
 * and of several permissions of one project leaves the oldest (`created_at`,
 * then `id`). A create whose reply was lost is settled by reading back.
 *
 * For all fibers of one service the promise is exact: they take turns at a
 * checkpoint. Between processes, which this API gives no means to lock, it is
 * convergence: whoever reads last leaves one permission, never none. Not
 * promised: a create that the server carries out only after it was read back.
 *
 * An interruption lets a request in flight finish. Fails with the error of the
 * first project that is refused, once the others are granted.
 *
 * @example
 * ```ts
 * import { Access } from "@checkpoint-permissions/access"
 * import { Identifiers } from "@checkpoint-permissions/core"
 * import { Effect } from "effect"
 *
 * const program = Access.grant(Identifiers.CheckpointId.make("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"), [
 *   Identifiers.ProjectId.make("proj_a"),
 *   Identifiers.ProjectId.make("proj_b")
 * ]).pipe(Effect.map(({ granted }) => `${granted.length} projects have access now`))
 * ```
 *
 * @category operations
 * @since 0.1.0
 */
export const grant: (
  checkpoint: CheckpointId,
  projects: ReadonlyArray<ProjectId>
) => Effect.Effect<Granted, PermissionsError, CheckpointPermissions> = Effect.fn("Access.grant")(
  function* (checkpoint, projects) {
    const wanted = yield* checked("grant", checkpoint, projects)
    const permissions = yield* CheckpointPermissions
    return yield* inTurn(permissions, checkpoint)(internalGrant.grant(permissions, checkpoint, wanted))
  }
)

/**
 * Takes access to a checkpoint away from projects: every permission that they
 * have, duplicates too. A permission that somebody else deleted meanwhile is
 * what was wanted.
 *
 * Fibers of one service take turns at a checkpoint. An interruption lets
 * requests in flight finish.
 *
 * @example
 * ```ts
 * import { Access } from "@checkpoint-permissions/access"
 * import { Identifiers } from "@checkpoint-permissions/core"
 * import { Effect } from "effect"
 *
 * const program = Access.revoke(Identifiers.CheckpointId.make("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"), [
 *   Identifiers.ProjectId.make("proj_a")
 * ]).pipe(Effect.map(({ revoked }) => revoked.length > 0))
 * ```
 *
 * @category operations
 * @since 0.1.0
 */
export const revoke: (
  checkpoint: CheckpointId,
  projects: ReadonlyArray<ProjectId>
) => Effect.Effect<Revoked, PermissionsError, CheckpointPermissions> = Effect.fn("Access.revoke")(
  function* (checkpoint, projects) {
    const unwanted = yield* checked("revoke", checkpoint, projects)
    const permissions = yield* CheckpointPermissions
    return yield* inTurn(permissions, checkpoint)(internalRevoke.revoke(permissions, checkpoint, unwanted))
  }
)
