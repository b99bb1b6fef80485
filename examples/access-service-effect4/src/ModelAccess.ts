/** Checks and grants, without HTTP. */
import { Access, CheckpointPermissions, type Identifiers, type PermissionsError } from "@checkpoint-permissions/effect4"
import { Cache, Context, Data, Duration, Effect, Exit, Layer, Metric, Option, Stream } from "effect"

export type Outcome = "granted" | "already-granted" | "owner"

export interface Service {
  /** Whether a project has a permission. An answer is up to a minute old: OpenAI takes about ten calls a minute. */
  readonly check: (
    checkpoint: Identifiers.CheckpointId,
    project: Identifiers.ProjectId
  ) => Effect.Effect<boolean, PermissionsError.PermissionsError>
  readonly grant: (
    checkpoint: Identifiers.CheckpointId,
    project: Identifiers.ProjectId
  ) => Effect.Effect<Outcome, PermissionsError.PermissionsError>
}

export class ModelAccess extends Context.Service<ModelAccess, Service>()("ModelAccess") {}

export const checks = Metric.counter("access_checks_total", { description: "Checks answered", incremental: true })
export const grants = Metric.counter("access_grants_total", { description: "Grants answered", incremental: true })

class Pair extends Data.Class<{ checkpoint: Identifiers.CheckpointId; project: Identifiers.ProjectId }> {}

export const make: Effect.Effect<Service, never, CheckpointPermissions.CheckpointPermissions> = Effect.gen(
  function* () {
    const permissions = yield* CheckpointPermissions.CheckpointPermissions

    // Concurrent questions about the same pair share one request. A failure is not kept.
    const answers = yield* Cache.makeWith(
      ({ checkpoint, project }: Pair) =>
        permissions.stream(checkpoint, { project_id: project }).pipe(Stream.runHead, Effect.map(Option.isSome)),
      {
        capacity: 10_000,
        timeToLive: Exit.match({ onFailure: () => Duration.zero, onSuccess: () => Duration.minutes(1) })
      }
    )

    const check = Effect.fn("ModelAccess.check")(function* (
      checkpoint: Identifiers.CheckpointId,
      project: Identifiers.ProjectId
    ) {
      const granted = yield* Cache.get(answers, new Pair({ checkpoint, project }))
      yield* Metric.update(Metric.withAttributes(checks, { granted: String(granted) }), 1)
      return granted
    })

    const grant = Effect.fn("ModelAccess.grant")(function* (
      checkpoint: Identifiers.CheckpointId,
      project: Identifiers.ProjectId
    ) {
      const report = yield* Access.grant(checkpoint, [project]).pipe(
        Effect.provideService(CheckpointPermissions.CheckpointPermissions, permissions),
        Effect.ensuring(Cache.invalidate(answers, new Pair({ checkpoint, project })))
      )
      const outcome: Outcome =
        report.owning.length > 0 ? "owner" : report.alreadyGranted.length > 0 ? "already-granted" : "granted"
      yield* Metric.update(Metric.withAttributes(grants, { outcome }), 1)
      return outcome
    })

    return { check, grant }
  }
)

export const layer: Layer.Layer<ModelAccess, never, CheckpointPermissions.CheckpointPermissions> = Layer.effect(
  ModelAccess,
  make
)
