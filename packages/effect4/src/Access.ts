/**
 * Access to checkpoints, given and taken away exactly once: a service over `CheckpointPermissions`.
 *
 * @since 0.1.0
 */
import { checkAccess } from "@checkpoint-permissions/protocol/parameters"
import * as writes from "@checkpoint-permissions/protocol/writes"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Semaphore from "effect/Semaphore"
import type * as Tracer from "effect/Tracer"
import { CheckpointPermissions, type Service as Permissions } from "./CheckpointPermissions.ts"
import { isProjectId, type ProjectId } from "./Identifiers.ts"
import * as settle from "./internal/writeCalls.ts"
import { InvalidInputError, type PermissionsError } from "./PermissionsError.ts"

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
 * Grants and revokes. One service changes a checkpoint from one fiber at a time. Ids are plain strings (a branded one is
 * one too) and are checked before a request exists: a wrong one is `InvalidInputError`. An interruption lets requests in
 * flight finish.
 *
 * @category models
 */
export interface Service {
  /**
   * Gives projects access to a checkpoint, each exactly once.
   *
   * It reads first, creates the missing ones (100 projects a create), reads again, and of several permissions of one
   * project leaves the oldest (`created_at`, then `id`). If the reply to a create is lost, the checkpoint is read again
   * to find out what happened. A create that was answered is not sent again because a listing does not show it: it is
   * read again for half a minute, and is `unlisted` then.
   *
   * For all fibers of one `Access` the promise is exact. Between processes, which this API gives no means to lock, it is
   * convergence: the last one to read leaves one permission, never none. Not promised: a create that the server executes
   * only after it was read back.
   *
   * Fails with the error of the first project that is refused, after the others are granted.
   */
  readonly grant: (checkpoint: string, projects: ReadonlyArray<string>) => Effect.Effect<Granted, PermissionsError>
  /**
   * Takes access to a checkpoint away from projects: every permission that they have, duplicates too.
   *
   * A permission that another client deleted meanwhile counts as revoked: a 404 to its delete is looked up, and is a
   * failure only if the permission is still there.
   */
  readonly revoke: (checkpoint: string, projects: ReadonlyArray<string>) => Effect.Effect<Revoked, PermissionsError>
}

/**
 * The service.
 *
 * @category services
 */
export class Access extends Context.Service<Access, Service>()("@checkpoint-permissions/effect4/Access") {}

/** Sets the number of projects in each list of a report, such as `already_granted`. */
const annotate = (span: Tracer.Span, report: Granted | Revoked): void => {
  for (const [name, { length }] of Object.entries<ReadonlyArray<ProjectId>>({ ...report })) {
    span.attribute(
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      length
    )
  }
}

/**
 * Makes the service over a `CheckpointPermissions`, which may be decorated. Fibers that share the result exclude each
 * other at a checkpoint.
 *
 * @category constructors
 */
export const make = (permissions: Permissions): Effect.Effect<Service> =>
  Effect.sync(() => {
    const semaphores = new Map<string, Semaphore.Semaphore>()
    const semaphoreOf = (checkpoint: string): Semaphore.Semaphore => {
      const semaphore = semaphores.get(checkpoint) ?? Semaphore.makeUnsafe(1)
      semaphores.set(checkpoint, semaphore)
      return semaphore
    }

    /** Checks the input, and runs a program while no other fiber of this service changes the checkpoint. */
    const run =
      <A extends Granted | Revoked>(
        operation: "create" | "delete",
        name: string,
        program: (calls: settle.Calls, projects: ReadonlyArray<ProjectId>) => settle.Program<A>
      ) =>
      (checkpoint: string, projects: ReadonlyArray<string>): Effect.Effect<A, PermissionsError> =>
        Effect.useSpan(name, (span) => {
          const checked = checkAccess(checkpoint, projects)
          if ("reason" in checked) return Effect.fail(new InvalidInputError({ operation, ...checked }))
          const asked = checked.ok.filter(isProjectId)
          span.attribute("checkpoint", checkpoint)
          span.attribute("projects", asked.length)
          return Effect.gen(() => program(settle.calls(permissions, checkpoint), asked)).pipe(
            semaphoreOf(checkpoint).withPermits(1),
            Effect.tap((report) => Effect.sync(() => annotate(span, report))),
            Effect.withParentSpan(span, { captureStackTrace: false })
          )
        })

    return {
      grant: run("create", "Access.grant", writes.grant),
      revoke: run("delete", "Access.revoke", writes.revoke)
    }
  })

/**
 * The service as a layer.
 *
 * @category layers
 */
export const layer: Layer.Layer<Access, never, CheckpointPermissions> = /* @__PURE__ */ Layer.effect(
  Access,
  /* @__PURE__ */ CheckpointPermissions.use(make)
)

/**
 * Gives projects access to a checkpoint: `grant` of the {@link Service}.
 *
 * @example
 * ```ts effect4
 * import assert from "node:assert/strict"
 * import { Access, CheckpointPermissions, FakePermissions } from "@checkpoint-permissions/effect4"
 * import { Effect, Redacted } from "effect"
 *
 * const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
 * const { alreadyGranted, granted } = await Access.grant(checkpoint, ["proj_a", "proj_b"]).pipe(
 *   Effect.provide(Access.layer),
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
export const grant = (
  checkpoint: string,
  projects: ReadonlyArray<string>
): Effect.Effect<Granted, PermissionsError, Access> => Access.use((access) => access.grant(checkpoint, projects))

/**
 * Takes access to a checkpoint away from projects: `revoke` of the {@link Service}.
 *
 * @example
 * ```ts effect4
 * import assert from "node:assert/strict"
 * import { Access, CheckpointPermissions, FakePermissions } from "@checkpoint-permissions/effect4"
 * import { Effect, Redacted } from "effect"
 *
 * const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
 * const { revoked } = await Access.revoke(checkpoint, ["proj_a"]).pipe(
 *   Effect.provide(Access.layer),
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_a", "proj_b"] } })),
 *   Effect.runPromise
 * )
 * assert.deepEqual(revoked, ["proj_a"])
 * ```
 *
 * @category operations
 */
export const revoke = (
  checkpoint: string,
  projects: ReadonlyArray<string>
): Effect.Effect<Revoked, PermissionsError, Access> => Access.use((access) => access.revoke(checkpoint, projects))
