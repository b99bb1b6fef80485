import type { CheckpointPermissions } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as settling from "@checkpoint-permissions/protocol/settling"
import * as Effect from "effect/Effect"
import type { JournalFailed } from "../journal/model.ts"
import { carryOut } from "./calls.ts"
import type { JournalOptions } from "./writes.ts"

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
  (checkpoint, projects) => carryOut("delete", settling.revoke, checkpoint, projects)
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
  (checkpoint, projects, options) => carryOut("delete", settling.revoke, checkpoint, projects, options)
)
