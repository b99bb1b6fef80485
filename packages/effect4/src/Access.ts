/**
 * Grants and revokes access to checkpoints, with exactly one permission per project: a service over
 * `CheckpointPermissions`.
 */
import { checkAccess } from "@checkpoint-permissions/protocol/parameters"
import * as writes from "@checkpoint-permissions/protocol/writes"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Tracer from "effect/Tracer"
import {
  CheckpointPermissions,
  type CreateError,
  type DeleteError,
  type ListingError,
  type Service as Permissions
} from "./CheckpointPermissions.ts"
import { isProjectId, type ProjectId } from "./Identifiers.ts"
import * as Exclusion from "./internal/exclusion.ts"
import * as writeCalls from "./internal/writeCalls.ts"
import { InvalidInputError, type PermissionsError } from "./PermissionsError.ts"

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

export { resultFor } from "@checkpoint-permissions/protocol/writes"

/**
 * Grants and revokes access. Fibers that share a service change a checkpoint one at a time. Ids are plain strings
 * (branded ids work too) and are validated before any request is sent. An invalid id fails with `InvalidInputError`.
 * After an interruption, requests in flight run to completion.
 */
export interface Service {
  /**
   * Makes sure that each project has exactly one permission for a checkpoint.
   *
   * It reads the checkpoint, creates the missing permissions (at most 100 projects in one create), and reads again. If
   * a project has several permissions, the oldest stays (by `created_at`, then `id`). If the reply to a create is lost,
   * the checkpoint is read again to find out what happened. If a create succeeded but the listing does not show it yet,
   * it is not sent again. The listing is repeated for half a minute. After that the project is reported as `notListedYet`,
   * also if a deadline or the rate limit ended the listing.
   * A project whose create was sent twice is in `mayBeDuplicated` if the listing did not show the result.
   *
   * Fibers of one `Access` never make a duplicate. The API has no lock between processes. There the result converges:
   * the last process to read leaves exactly one permission. Not covered: a create that the server executes only after
   * the checkpoint was read again.
   *
   * Fails with the error of the first refused project, after the others are granted.
   *
   * @param checkpoint - The name of the model, `ft:…`.
   * @param projects - The ids of the projects.
   */
  readonly grant: (checkpoint: string, projects: ReadonlyArray<string>) => Effect.Effect<Granted, GrantError>
  /**
   * Revokes the access of projects to a checkpoint: deletes all their permissions, duplicates included.
   *
   * A permission that another client deleted in the meantime counts as revoked. After a 404 or `deleted: false` to a
   * delete the project is listed, and the revoke fails only if the permission still exists.
   *
   * @param checkpoint - The name of the model, `ft:…`.
   * @param projects - The ids of the projects.
   */
  readonly revoke: (checkpoint: string, projects: ReadonlyArray<string>) => Effect.Effect<Revoked, RevokeError>
}

/**
 * The tag of the service.
 *
 * @category services
 */
export class Access extends Context.Service<Access, Service>()("@checkpoint-permissions/effect4/Access") {}

/** Adds the number of projects in each list of a report to a span, such as `already_granted`. */
const annotate = (span: Tracer.Span, report: Granted | Revoked): void => {
  for (const [name, { length }] of Object.entries<ReadonlyArray<ProjectId>>({ ...report })) {
    span.attribute(
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      length
    )
  }
}

/**
 * Makes the service over a `CheckpointPermissions`, which may be decorated. Fibers that share the service change a
 * checkpoint one at a time.
 *
 * @category constructors
 */
export const make = (permissions: Permissions): Effect.Effect<Service> =>
  Effect.map(Exclusion.make, ({ exclusively }) => {
    /** Owners that the server named in refusals, by checkpoint. */
    const owners = new Map<string, ProjectId>()
    /** Checks the input, and runs a program while no other fiber of this service changes the checkpoint. */
    const run =
      <A extends Granted | Revoked>(
        operation: "create" | "delete",
        name: string,
        program: (calls: writeCalls.Calls, projects: ReadonlyArray<ProjectId>) => writeCalls.Program<A>
      ) =>
      (checkpoint: string, projects: ReadonlyArray<string>): Effect.Effect<A, PermissionsError> =>
        Effect.useSpan(name, (span) => {
          const checked = checkAccess(checkpoint, projects)
          if ("reason" in checked) return Effect.fail(new InvalidInputError({ operation, ...checked }))
          const asked = checked.ok.filter(isProjectId)
          span.attribute("checkpoint", checkpoint)
          span.attribute("projects", asked.length)
          const write = () => program(writeCalls.calls(permissions, checkpoint, owners.get(checkpoint)), asked)
          return Effect.gen(write).pipe(
            exclusively(checkpoint),
            Effect.tap((report) =>
              Effect.sync(() => {
                for (const owner of report.ownerProjects) owners.set(checkpoint, owner)
                annotate(span, report)
              })
            ),
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
 * Grants projects access to a checkpoint: `grant` of the {@link Service}.
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
): Effect.Effect<Granted, GrantError, Access> => Access.use((access) => access.grant(checkpoint, projects))

/**
 * Revokes the access of projects to a checkpoint: `revoke` of the {@link Service}.
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
): Effect.Effect<Revoked, RevokeError, Access> => Access.use((access) => access.revoke(checkpoint, projects))
