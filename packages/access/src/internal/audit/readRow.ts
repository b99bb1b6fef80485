import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import type { Held, Row } from "./matrix.ts"

/** Whether the server has answered anything yet: one that never did will not answer the others either. */
interface Reached {
  yet: boolean
}

const hopeless = (error: PermissionsError, reached: Reached): boolean => {
  switch (error._tag) {
    case "Unauthorized":
    case "MissingScope":
    case "QuotaExhausted":
      return true
    case "ConnectionFailed":
      return !reached.yet
    default:
      return false
  }
}

/**
 * One listing. What came before it failed or was stopped is kept. It fails only
 * with what every other listing would fail with too.
 */
export const readRow = Effect.fnUntraced(function* (
  service: Service,
  checkpoint: CheckpointId,
  project: ProjectId | undefined,
  stopped: Deferred.Deferred<void>,
  reached: Reached
) {
  const permissions: Array<Held> = []
  const listing = service
    .stream(checkpoint, { order: "ascending", ...(project === undefined ? {} : { project_id: project }) })
    .pipe(
      Stream.runForEachChunk((chunk) =>
        Effect.sync(() => {
          reached.yet = true
          for (const { created_at, id, project_id } of Chunk.toReadonlyArray(chunk)) {
            // A server that does not know the filter answers with everybody's.
            if (project === undefined || project === project_id) permissions.push({ id, project_id, created_at })
          }
        })
      ),
      Effect.as(true),
      Effect.raceFirst(Effect.as(Deferred.await(stopped), false)),
      Effect.either
    )
  const outcome = yield* listing
  const readAt = yield* DateTime.now
  const incomplete = (reason: string): Row => ({ checkpoint, readAt, complete: false, reason, permissions })
  if (Either.isLeft(outcome)) {
    const error = outcome.left
    if (hopeless(error, reached)) return yield* Effect.fail(error)
    if (error._tag !== "ConnectionFailed" && error._tag !== "TimedOut") reached.yet = true
    return incomplete(error.message)
  }
  reached.yet = true
  const complete: Row = { checkpoint, readAt, complete: true, permissions }
  return outcome.right
    ? complete
    : incomplete(permissions.length === 0 ? "not read: stopped" : "not read to the end: stopped")
})
