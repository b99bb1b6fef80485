/** Replaces a fine-tuned model by its successor: whoever may use the one may use the other. */
import { Access } from "@checkpoint-permissions/access"
import { CheckpointPermissions } from "@checkpoint-permissions/client"
import type { Identifiers, PermissionsError } from "@checkpoint-permissions/core"
import { Data, Effect, Stream } from "effect"

/** What a rollout did. */
export interface Report {
  /** The projects that had access to the old model. */
  readonly projects: ReadonlyArray<Identifiers.ProjectId>
  /** Those of them that had no access to the new one before. */
  readonly granted: ReadonlyArray<Identifiers.ProjectId>
}

/** A project may not use the new model yet, so the old one was left as it is. */
export class NotConfirmed extends Data.TaggedError("NotConfirmed")<{
  readonly projects: ReadonlyArray<Identifiers.ProjectId>
}> {
  override get message() {
    return `${this.projects.join(", ")}: granted, but the server does not list it yet: run the rollout again`
  }
}

/**
 * Grants the new model to every project of the old one, and takes the old one from them once all grants are confirmed.
 * It can be run again at any time: what is done already is left as it is.
 */
export const rollOut: (
  from: Identifiers.CheckpointId,
  to: Identifiers.CheckpointId
) => Effect.Effect<
  Report,
  NotConfirmed | PermissionsError.PermissionsError,
  CheckpointPermissions.CheckpointPermissions
> = Effect.fn("rollOut")(function* (from, to) {
  const permissions = yield* Stream.runCollect(CheckpointPermissions.stream(from))
  const projects = [...new Set(Array.from(permissions, ({ project_id }) => project_id))]
  if (projects.length === 0) return { projects, granted: [] }

  const { granted, unlisted } = yield* Access.grant(to, projects)
  if (unlisted.length > 0) return yield* new NotConfirmed({ projects: unlisted })

  yield* Access.revoke(from, projects)
  return { projects, granted }
})
