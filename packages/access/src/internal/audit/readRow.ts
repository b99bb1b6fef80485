import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { interruptWhenHalted, type Run } from "../run/run.ts"
import type { AuditPermission, Row } from "./matrix.ts"

/** Reads one listing as a row. Keeps the permissions that were read before a failure or a stop. */
export const readRow = Effect.fnUntraced(function* (
  service: Service,
  checkpoint: CheckpointId,
  project: ProjectId | undefined,
  run: Run
) {
  const readFrom = yield* DateTime.now
  const permissions: Array<AuditPermission> = []
  const outcome = yield* service
    .stream(checkpoint, { order: "ascending", ...(project === undefined ? {} : { project_id: project }) })
    .pipe(
      Stream.runForEachChunk((chunk) =>
        Effect.sync(() => {
          for (const { created_at, id, project_id } of Chunk.toReadonlyArray(chunk)) {
            // A server without this filter returns the permissions of all projects.
            if (project === undefined || project === project_id) permissions.push({ id, project_id, created_at })
          }
        })
      ),
      (listing) => interruptWhenHalted(run, listing),
      Effect.either
    )
  const readAt = yield* DateTime.now
  const incomplete = (reason: string): Row => ({ checkpoint, readFrom, readAt, complete: false, reason, permissions })
  if (Either.isLeft(outcome)) {
    const row = incomplete(outcome.left.message)
    const isNotFound = outcome.left._tag === "NotFoundError" && permissions.length === 0
    return { row: isNotFound ? { ...row, notFound: true as const } : row, outcome: outcome.left }
  }
  if (Option.isSome(outcome.right)) {
    const row: Row = { checkpoint, readFrom, readAt, complete: true, permissions }
    return { row, outcome: "answered" as const }
  }
  const reason = permissions.length === 0 ? "not read" : "not read to the end"
  return { row: incomplete(`${reason}: stopped`), outcome: "not asked" as const }
})
