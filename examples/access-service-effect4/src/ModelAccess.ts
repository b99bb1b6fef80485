/** A service over `CheckpointPermissions` and `Access`, without HTTP. */
import { Access, CheckpointPermissions, type Identifiers, type PermissionsError } from "@checkpoint-permissions/effect4"
import { Context, Effect, Fiber, FiberSet, Layer, Option, Stream } from "effect"

export type Outcome = "granted" | "already-granted" | "owner"

type Ask<A> = (
  checkpoint: Identifiers.CheckpointId,
  project: Identifiers.ProjectId
) => Effect.Effect<A, PermissionsError.PermissionsError>

export class ModelAccess extends Context.Service<
  ModelAccess,
  {
    /** Takes 20 seconds at most. */
    readonly check: Ask<boolean>
    /** A grant continues if its caller leaves, until the layer is closed. It has no deadline. */
    readonly grant: Ask<Outcome>
  }
>()("ModelAccess") {}

const make = Effect.gen(function* () {
  const access = yield* Access.Access
  const permissions = yield* CheckpointPermissions.CheckpointPermissions
  // When its scope is closed, it interrupts its fibers: waits end, and a request in flight is finished.
  const granting = yield* FiberSet.make<Outcome, PermissionsError.PermissionsError>()

  const check = Effect.fn("ModelAccess.check")((checkpoint: Identifiers.CheckpointId, project: Identifiers.ProjectId) =>
    permissions.stream(checkpoint, { project_id: project }).pipe(
      Stream.runHead,
      Effect.map(Option.isSome),
      // It fails immediately if the quota refills later.
      CheckpointPermissions.withOptions({ deadline: "20 seconds" })
    )
  )

  const granted = Effect.fn("ModelAccess.grant")(function* (
    checkpoint: Identifiers.CheckpointId,
    project: Identifiers.ProjectId
  ) {
    const report = yield* access.grant(checkpoint, [project])
    const outcome: Outcome =
      report.ownerProjects.length > 0 ? "owner" : report.alreadyGranted.length > 0 ? "already-granted" : "granted"
    return outcome
  })

  const grant: Ask<Outcome> = (checkpoint, project) =>
    Effect.flatMap(FiberSet.run(granting, granted(checkpoint, project)), Fiber.join)

  return { check, grant }
})

export const layer: Layer.Layer<ModelAccess, never, CheckpointPermissions.CheckpointPermissions> = Layer.effect(
  ModelAccess,
  make
).pipe(Layer.provide(Access.layer))
