/** Lists, grants and revokes, without HTTP. */
import { Access } from "@checkpoint-permissions/access"
import { CheckpointPermissions } from "@checkpoint-permissions/client"
import type { Identifiers, PermissionsError } from "@checkpoint-permissions/core"
import { Array as Arr, Cache, Context, Duration, Effect, Exit, Fiber, FiberSet, Layer, Metric, Stream } from "effect"
import { deadline } from "./Settings.ts"

type Change<A> = (
  checkpoint: Identifiers.CheckpointId,
  project: Identifiers.ProjectId
) => Effect.Effect<A, PermissionsError.PermissionsError>

export interface Service {
  /** The projects with a permission. Takes 20 seconds at most, and the result is up to a minute old. */
  readonly list: (
    checkpoint: Identifiers.CheckpointId
  ) => Effect.Effect<ReadonlyArray<Identifiers.ProjectId>, PermissionsError.PermissionsError>
  /** Continues if its caller leaves, until the layer is closed. It has no deadline. */
  readonly grant: Change<"granted" | "alreadyGranted" | "ownerProjects" | "notListedYet">
  /** Continues if its caller leaves, like a grant. */
  readonly revoke: Change<"revoked" | "absent" | "ownerProjects">
}

export class ModelAccess extends Context.Tag("ModelAccess")<ModelAccess, Service>() {}

export const lists = Metric.counter("access_lists_total", { description: "Lists answered", incremental: true })
export const changes = Metric.counter("access_changes_total", { description: "Changes answered", incremental: true })

/** A report has a result for each project that it was asked for. */
const only = <A>(result: A | undefined) => Effect.orDie(Effect.fromNullable(result))

const make = Effect.gen(function* () {
  const access = yield* Access.Access
  const permissions = yield* CheckpointPermissions.CheckpointPermissions
  // When its scope is closed, it interrupts its fibers: waits end, and a request in flight is finished.
  const running = yield* FiberSet.make<unknown, PermissionsError.PermissionsError>()

  // Concurrent requests for a checkpoint share one listing. A failure is not kept.
  const listings = yield* Cache.makeWith({
    capacity: 1000,
    timeToLive: Exit.match({ onFailure: () => Duration.zero, onSuccess: () => Duration.minutes(1) }),
    lookup: (checkpoint: Identifiers.CheckpointId) =>
      permissions.stream(checkpoint).pipe(
        Stream.map(({ project_id }) => project_id),
        Stream.runCollect,
        Effect.map(Arr.dedupe),
        // It fails immediately if the quota refills later.
        CheckpointPermissions.withOptions({ deadline })
      )
  })

  const list = Effect.fn("ModelAccess.list")((checkpoint: Identifiers.CheckpointId) =>
    Effect.zipLeft(listings.get(checkpoint), Metric.increment(lists))
  )

  /** Runs a change in a fiber of its own. The next list after it is a new one. */
  const change = <A extends string>(
    checkpoint: Identifiers.CheckpointId,
    made: Effect.Effect<A, PermissionsError.PermissionsError>
  ) =>
    made.pipe(
      Effect.tap((result) => Metric.increment(Metric.tagged(changes, "result", result))),
      Effect.ensuring(listings.invalidate(checkpoint)),
      (effect) => FiberSet.run(running, effect),
      Effect.flatMap(Fiber.join)
    )

  const grant: Service["grant"] = (checkpoint, project) =>
    change(
      checkpoint,
      Effect.flatMap(access.grant(checkpoint, [project]), (report) => only(Access.resultFor(report, project)))
    )

  const revoke: Service["revoke"] = (checkpoint, project) =>
    change(
      checkpoint,
      Effect.flatMap(access.revoke(checkpoint, [project]), (report) => only(Access.resultFor(report, project)))
    )

  return { list, grant, revoke }
})

export const layer: Layer.Layer<ModelAccess, never, CheckpointPermissions.CheckpointPermissions> = Layer.provide(
  Layer.scoped(ModelAccess, make),
  Access.layer
)
