/** A service over `CheckpointPermissions` and `Access`, without HTTP. */
import { Access, CheckpointPermissions, type Identifiers, type PermissionsError } from "@checkpoint-permissions/effect4"
import { Array as Arr, Context, Effect, Fiber, FiberSet, Layer, Stream } from "effect"

type Change<A> = (
  checkpoint: Identifiers.CheckpointId,
  project: Identifiers.ProjectId
) => Effect.Effect<A, PermissionsError.PermissionsError>

export class ModelAccess extends Context.Service<
  ModelAccess,
  {
    /** The projects with a permission. Takes 20 seconds at most. */
    readonly list: (
      checkpoint: Identifiers.CheckpointId
    ) => Effect.Effect<ReadonlyArray<Identifiers.ProjectId>, PermissionsError.PermissionsError>
    /** Continues if its caller leaves, until the layer is closed. It has no deadline. */
    readonly grant: Change<"granted" | "alreadyGranted" | "ownerProjects" | "notListedYet">
    /** Continues if its caller leaves, like a grant. */
    readonly revoke: Change<"revoked" | "absent" | "ownerProjects">
  }
>()("ModelAccess") {}

/** A report has a result for each project that it was asked for. */
const only = <A>(result: A | undefined) => Effect.orDie(Effect.fromNullishOr(result))

const make = Effect.gen(function* () {
  const access = yield* Access.Access
  const permissions = yield* CheckpointPermissions.CheckpointPermissions
  // When its scope is closed, it interrupts its fibers: waits end, and a request in flight is finished.
  const running = yield* FiberSet.make<unknown, PermissionsError.PermissionsError>()

  const list = Effect.fn("ModelAccess.list")((checkpoint: Identifiers.CheckpointId) =>
    permissions.stream(checkpoint).pipe(
      Stream.map(({ project_id }) => project_id),
      Stream.runCollect,
      Effect.map(Arr.dedupe),
      // It fails immediately if the quota refills later.
      CheckpointPermissions.withOptions({ timeout: "8 seconds", deadline: "20 seconds" })
    )
  )

  const grant = (checkpoint: Identifiers.CheckpointId, project: Identifiers.ProjectId) =>
    FiberSet.run(running, access.grant(checkpoint, [project])).pipe(
      Effect.flatMap(Fiber.join),
      Effect.flatMap((report) => only(Access.resultFor(report, project)))
    )

  const revoke = (checkpoint: Identifiers.CheckpointId, project: Identifiers.ProjectId) =>
    FiberSet.run(running, access.revoke(checkpoint, [project])).pipe(
      Effect.flatMap(Fiber.join),
      Effect.flatMap((report) => only(Access.resultFor(report, project)))
    )

  return { list, grant, revoke }
})

export const layer: Layer.Layer<ModelAccess, never, CheckpointPermissions.CheckpointPermissions> = Layer.effect(
  ModelAccess,
  make
).pipe(Layer.provide(Access.layer))
