/** A service over `CheckpointPermissions` and `Access`, without HTTP. */
import { Access, CheckpointPermissions, type Identifiers, type PermissionsError } from "@checkpoint-permissions/effect4"
import { Context, Effect, Fiber, Layer, Option, Stream } from "effect"

export type Outcome = "granted" | "already-granted" | "owner"

type Ask<A> = (
  checkpoint: Identifiers.CheckpointId,
  project: Identifiers.ProjectId
) => Effect.Effect<A, PermissionsError.PermissionsError>

export class ModelAccess extends Context.Service<
  ModelAccess,
  { readonly check: Ask<boolean>; readonly grant: Ask<Outcome> }
>()("ModelAccess") {}

const make = Effect.gen(function* () {
  const access = yield* Access.Access
  const permissions = yield* CheckpointPermissions.CheckpointPermissions

  const check = Effect.fn("ModelAccess.check")((checkpoint: Identifiers.CheckpointId, project: Identifiers.ProjectId) =>
    permissions.stream(checkpoint, { project_id: project }).pipe(Stream.runHead, Effect.map(Option.isSome))
  )

  const grant = Effect.fn("ModelAccess.grant")(function* (
    checkpoint: Identifiers.CheckpointId,
    project: Identifiers.ProjectId
  ) {
    // A caller that gives up leaves at once, and the grant is finished all the same.
    const granting = yield* Effect.forkDetach(access.grant(checkpoint, [project]))
    const report = yield* Fiber.join(granting)
    const outcome: Outcome =
      report.ownerProjects.length > 0 ? "owner" : report.alreadyGranted.length > 0 ? "already-granted" : "granted"
    return outcome
  })

  return { check, grant }
})

export const layer: Layer.Layer<ModelAccess, never, CheckpointPermissions.CheckpointPermissions> = Layer.effect(
  ModelAccess,
  make
).pipe(Layer.provide(Access.layer))
