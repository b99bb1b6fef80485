import type { CheckpointPermissions } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as settling from "@checkpoint-permissions/protocol/settling"
import * as Effect from "effect/Effect"
import type { JournalFailed } from "../journal/model.ts"
import { carryOut } from "./calls.ts"
import type { JournalOptions } from "./writes.ts"

/**
 * What a grant came to: each project is in one of the four.
 *
 * @category models
 */
export interface Granted extends settling.GrantReport<ProjectId> {}

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
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
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
  (checkpoint, projects) => carryOut("create", settling.grant, checkpoint, projects)
)

/**
 * The same with a line in a journal before and after each write, as an apply has them. Fails with `JournalFailed`
 * before a write whose line cannot be written.
 *
 * @category operations
 */
export const grantJournaled: (
  checkpoint: string,
  projects: ReadonlyArray<string>,
  options: JournalOptions
) => Effect.Effect<Granted, PermissionsError | JournalFailed, CheckpointPermissions> = Effect.fn("Access.grant")(
  (checkpoint, projects, options) => carryOut("create", settling.grant, checkpoint, projects, options)
)

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
