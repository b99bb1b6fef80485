/** Checks and grants, without HTTP. */
import { Access } from "@checkpoint-permissions/access"
import { CheckpointPermissions } from "@checkpoint-permissions/client"
import type { Identifiers, PermissionsError } from "@checkpoint-permissions/core"
import { Cache, Context, Data, Duration, Effect, Exit, Layer, Metric, Option, Stream } from "effect"

export type Outcome = "granted" | "already-granted" | "owner"

export interface Service {
  /** Returns true if a project has a permission. A result is up to a minute old: OpenAI accepts about ten calls a minute. */
  readonly check: (
    checkpoint: Identifiers.CheckpointId,
    project: Identifiers.ProjectId
  ) => Effect.Effect<boolean, PermissionsError.PermissionsError>
  readonly grant: (
    checkpoint: Identifiers.CheckpointId,
    project: Identifiers.ProjectId
  ) => Effect.Effect<Outcome, PermissionsError.PermissionsError>
}

export class ModelAccess extends Context.Tag("ModelAccess")<ModelAccess, Service>() {}

export const checks = Metric.counter("access_checks_total", { description: "Checks answered", incremental: true })
export const grants = Metric.counter("access_grants_total", { description: "Grants answered", incremental: true })

class Pair extends Data.Class<{ checkpoint: Identifiers.CheckpointId; project: Identifiers.ProjectId }> {}

export const make: Effect.Effect<Service, never, Access.Access | CheckpointPermissions.CheckpointPermissions> =
  Effect.gen(function* () {
    const access = yield* Access.Access
    const permissions = yield* CheckpointPermissions.CheckpointPermissions

    // Concurrent questions about the same pair share one request. A failure is not kept.
    const answers = yield* Cache.makeWith({
      capacity: 10_000,
      timeToLive: Exit.match({ onFailure: () => Duration.zero, onSuccess: () => Duration.minutes(1) }),
      lookup: ({ checkpoint, project }: Pair) =>
        permissions.stream(checkpoint, { project_id: project }).pipe(Stream.runHead, Effect.map(Option.isSome))
    })

    const check = Effect.fn("ModelAccess.check")(function* (
      checkpoint: Identifiers.CheckpointId,
      project: Identifiers.ProjectId
    ) {
      const granted = yield* answers.get(new Pair({ checkpoint, project }))
      yield* Metric.increment(Metric.tagged(checks, "granted", String(granted)))
      return granted
    })

    const grant = Effect.fn("ModelAccess.grant")(function* (
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

    return { check, grant }
  })

export const layer: Layer.Layer<ModelAccess, never, CheckpointPermissions.CheckpointPermissions> = Layer.provide(
  Layer.effect(ModelAccess, make),
  Access.layer
)
