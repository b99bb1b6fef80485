import { CheckpointPermissions } from "@checkpoint-permissions/client/CheckpointPermissions"
import { CheckpointId, type ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { isPermissionsError, type PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as settling from "@checkpoint-permissions/protocol/settling"
import * as Effect from "effect/Effect"
import type { JournalFailed } from "../journal/model.ts"
import type { Found } from "../plan/model.ts"
import { calls } from "./calls.ts"
import { deleteCalls } from "./deletePermission.ts"
import { checked } from "./input.ts"
import { type JournalOptions, withJournal } from "./journaledWrites.ts"
import { failedWith } from "./read.ts"
import { inTurn } from "./turn.ts"
import { plain } from "./writes.ts"

/**
 * What a revoke came to: each project is in one of the three.
 *
 * @category models
 */
export interface Revoked extends settling.RevokeReport<ProjectId> {}

/**
 * Takes access to a checkpoint away from projects: every permission that they have, duplicates too. A permission that
 * somebody else deleted meanwhile is what was wanted: a 404 to its delete is looked up, and is a failure only if the
 * permission is still there.
 *
 * Fibers of one service take turns at a checkpoint. An interruption lets requests in flight finish. Ids are plain
 * strings, checked before a request exists.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
 * const { revoked } = await Access.revoke(checkpoint, ["proj_a"]).pipe(
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-any") })),
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
    const atCheckpoint = {
      ...calls(service, checkpoint, plain(service, checkpoint)),
      ...deleteCalls(service, checkpoint, () => Effect.void)
    }
    return yield* inTurn(service, checkpoint)(() => Effect.gen(() => settling.revoke(atCheckpoint, unwanted)))
  }
)

/**
 * The same with a line in a journal before and after each delete, as an apply has them. Fails with `JournalFailed`
 * before a delete whose line cannot be written.
 *
 * @category operations
 */
export const revokeJournaled: (
  checkpoint: string,
  projects: ReadonlyArray<string>,
  options: JournalOptions
) => Effect.Effect<Revoked, PermissionsError | JournalFailed, CheckpointPermissions> = Effect.fn("Access.revoke")(
  function* (checkpoint, projects, options) {
    const unwanted = yield* checked("delete", checkpoint, projects)
    const service = yield* CheckpointPermissions
    const writes = withJournal(options)(service, CheckpointId.make(checkpoint))
    const atCheckpoint = {
      ...calls(service, checkpoint, writes),
      ...deleteCalls(service, checkpoint, () => Effect.void),
      send: (permission: Found) =>
        Effect.catchIf(Effect.as(writes.delete(permission), undefined), isPermissionsError, (error) =>
          Effect.succeed(failedWith(error))
        )
    }
    return yield* inTurn(service, checkpoint)(() => Effect.gen(() => settling.revoke(atCheckpoint, unwanted)))
  }
)
