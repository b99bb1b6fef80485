/** Checks and grants, without HTTP. */
import { Access } from "@checkpoint-permissions/access"
import { CheckpointPermissions } from "@checkpoint-permissions/client"
import type { Identifiers, PermissionsError } from "@checkpoint-permissions/core"
import { Cache, Context, Data, Duration, Effect, Exit, Fiber, FiberSet, Layer, Metric, Option, Stream } from "effect"

export type Outcome = "granted" | "already-granted" | "owner"

export interface Service {
  /** Returns true if a project has a permission. Takes 20 seconds at most, and a result is up to a minute old. */
  readonly check: (
    checkpoint: Identifiers.CheckpointId,
    project: Identifiers.ProjectId
  ) => Effect.Effect<boolean, PermissionsError.PermissionsError>
  /** A grant continues if its caller leaves, until the layer is closed. It has no deadline. */
  readonly grant: (
    checkpoint: Identifiers.CheckpointId,
    project: Identifiers.ProjectId
  ) => Effect.Effect<Outcome, PermissionsError.PermissionsError>
}

export class ModelAccess extends Context.Tag("ModelAccess")<ModelAccess, Service>() {}

export const checks = Metric.counter("access_checks_total", { description: "Checks answered", incremental: true })
export const grants = Metric.counter("access_grants_total", { description: "Grants answered", incremental: true })

class Pair extends Data.Class<{ checkpoint: Identifiers.CheckpointId; project: Identifiers.ProjectId }> {}

const make = Effect.gen(function* () {
  const access = yield* Access.Access
  // When its scope is closed, it interrupts its fibers: waits end, and a request in flight is finished.
  const granting = yield* FiberSet.make<Outcome, PermissionsError.PermissionsError>()
  const permissions = yield* CheckpointPermissions.CheckpointPermissions

  // Concurrent questions about the same pair share one request. A failure is not kept.
  const answers = yield* Cache.makeWith({
    capacity: 10_000,
    timeToLive: Exit.match({ onFailure: () => Duration.zero, onSuccess: () => Duration.minutes(1) }),
    lookup: ({ checkpoint, project }: Pair) =>
      permissions.stream(checkpoint, { project_id: project }).pipe(
        Stream.runHead,
        Effect.map(Option.isSome),
        // It fails immediately if the quota refills later.
        CheckpointPermissions.withOptions({ deadline: "20 seconds" })
      )
  })

  const check = Effect.fn("ModelAccess.check")(function* (
    checkpoint: Identifiers.CheckpointId,
    project: Identifiers.ProjectId
  ) {
    const granted = yield* answers.get(new Pair({ checkpoint, project }))
    yield* Metric.increment(Metric.tagged(checks, "granted", String(granted)))
    return granted
  })

  const granted = Effect.fn("ModelAccess.grant")(function* (
    checkpoint: Identifiers.CheckpointId,
    project: Identifiers.ProjectId
  ) {
    const report = yield* Effect.ensuring(
      access.grant(checkpoint, [project]),
      answers.invalidate(new Pair({ checkpoint, project }))
    )
    const outcome: Outcome =
      report.ownerProjects.length > 0 ? "owner" : report.alreadyGranted.length > 0 ? "already-granted" : "granted"
    yield* Metric.increment(Metric.tagged(grants, "outcome", outcome))
    return outcome
  })

  const grant: Service["grant"] = (checkpoint, project) =>
    Effect.flatMap(FiberSet.run(granting, granted(checkpoint, project)), Fiber.join)

  return { check, grant }
})

export const layer: Layer.Layer<ModelAccess, never, CheckpointPermissions.CheckpointPermissions> = Layer.provide(
  Layer.scoped(ModelAccess, make),
  Access.layer
)
