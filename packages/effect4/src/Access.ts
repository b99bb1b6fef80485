/**
 * Access to checkpoints, given and taken away exactly once: functions over `CheckpointPermissions`.
 *
 * @since 0.1.0
 */
import { checkAccess } from "@checkpoint-permissions/protocol/parameters"
import * as settling from "@checkpoint-permissions/protocol/settling"
import * as Effect from "effect/Effect"
import { CheckpointPermissions } from "./CheckpointPermissions.ts"
import { isProjectId, type ProjectId } from "./Identifiers.ts"
import * as settle from "./internal/settle.ts"
import { inTurn } from "./internal/turn.ts"
import { InvalidInputError, type PermissionsError } from "./PermissionsError.ts"

/**
 * What a grant came to: each project is in one of the four.
 *
 * @category models
 */
export interface Granted extends settling.GrantReport<ProjectId> {}

/**
 * What a revoke came to: each project is in one of the three.
 *
 * @category models
 */
export interface Revoked extends settling.RevokeReport<ProjectId> {}

/** Each project once, in the order given. */
const checked = (
  operation: "create" | "delete",
  checkpoint: string,
  projects: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<ProjectId>, InvalidInputError> => {
  const read = checkAccess(checkpoint, projects)
  return "ok" in read
    ? Effect.succeed(read.ok.filter(isProjectId))
    : Effect.fail(new InvalidInputError({ operation, ...read }))
}

/**
 * Gives projects access to a checkpoint, each exactly once.
 *
 * It reads first, creates what is missing (100 projects a create), reads again, and of several permissions of one
 * project leaves the oldest (`created_at`, then `id`). A create whose reply was lost is settled by reading back. A
 * create that was answered is not sent again because a listing does not show it: it is read again for half a minute,
 * and is `unlisted` then.
 *
 * For all fibers of one service the promise is exact: they take turns at a checkpoint. Between processes, which this
 * API gives no means to lock, it is convergence: whoever reads last leaves one permission, never none. Not promised: a
 * create that the server carries out only after it was read back.
 *
 * An interruption lets a request in flight finish. Fails with the error of the first project that is refused, once the
 * others are granted. Ids are plain strings (a branded one is one too) and are checked before a request exists: a wrong
 * one is `InvalidInputError`.
 *
 * @example
 * ```ts effect4
 * import assert from "node:assert/strict"
 * import { Access, CheckpointPermissions, FakePermissions } from "@checkpoint-permissions/effect4"
 * import { Effect, Redacted } from "effect"
 *
 * const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
 * const { alreadyGranted, granted } = await Access.grant(checkpoint, ["proj_a", "proj_b"]).pipe(
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_a"] } })),
 *   Effect.runPromise
 * )
 * assert.deepEqual(granted, ["proj_b"])
 * assert.deepEqual(alreadyGranted, ["proj_a"])
 * ```
 *
 * @category operations
 */
export const grant: (
  checkpoint: string,
  projects: ReadonlyArray<string>
) => Effect.Effect<Granted, PermissionsError, CheckpointPermissions> = Effect.fn("Access.grant")(
  function* (checkpoint, projects) {
    const wanted = yield* checked("create", checkpoint, projects)
    const service = yield* CheckpointPermissions
    return yield* inTurn(
      service,
      checkpoint,
      Effect.gen(() => settling.grant(settle.calls(service, checkpoint), wanted))
    )
  }
)

/**
 * Takes access to a checkpoint away from projects: every permission that they have, duplicates too.
 *
 * A permission that somebody else deleted meanwhile is what was wanted: a 404 to its delete is looked up, and is a
 * failure only if the permission is still there. Fibers of one service take turns at a checkpoint. An interruption lets
 * requests in flight finish. Ids are plain strings, checked before a request exists.
 *
 * @example
 * ```ts effect4
 * import assert from "node:assert/strict"
 * import { Access, CheckpointPermissions, FakePermissions } from "@checkpoint-permissions/effect4"
 * import { Effect, Redacted } from "effect"
 *
 * const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
 * const { revoked } = await Access.revoke(checkpoint, ["proj_a"]).pipe(
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_a", "proj_b"] } })),
 *   Effect.runPromise
 * )
 * assert.deepEqual(revoked, ["proj_a"])
 * ```
 *
 * @category operations
 */
export const revoke: (
  checkpoint: string,
  projects: ReadonlyArray<string>
) => Effect.Effect<Revoked, PermissionsError, CheckpointPermissions> = Effect.fn("Access.revoke")(
  function* (checkpoint, projects) {
    const unwanted = yield* checked("delete", checkpoint, projects)
    const service = yield* CheckpointPermissions
    return yield* inTurn(
      service,
      checkpoint,
      Effect.gen(() => settling.revoke(settle.calls(service, checkpoint), unwanted))
    )
  }
)
