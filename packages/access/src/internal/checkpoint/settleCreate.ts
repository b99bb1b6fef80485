import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { Permission, PermissionPage } from "@checkpoint-permissions/core/Permission"
import { InvalidResponse, type PermissionsError, toFailure } from "@checkpoint-permissions/core/PermissionsError"
import * as settling from "@checkpoint-permissions/protocol/settling"
import * as Arr from "effect/Array"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schedule from "effect/Schedule"
import { readOldest } from "./readOldest.ts"

/** The most projects that one create is given. */
export const projectsPerCreate = 100

export type Portion = ReadonlyArray<ProjectId>

/** How the two writes are done: as they are, or with a line in a journal before and after. */
export interface Writes<E> {
  readonly create: (projects: Portion) => Effect.Effect<Either.Either<PermissionPage, PermissionsError>, E>
  /** Deletes permissions; that one is gone already is what was wanted. */
  readonly remove: (permissions: ReadonlyArray<Permission>) => Effect.Effect<void, PermissionsError | E>
}

/** What became of the projects that were to be granted. */
export interface Outcome {
  /** The permission of each project that has access now. */
  readonly granted: ReadonlyMap<string, Permission>
  readonly owning: ReadonlySet<ProjectId>
  readonly refused: ReadonlyMap<ProjectId, PermissionsError>
  /** Something was sent whose own answer is the last word on it, not a reading. */
  readonly unread: boolean
}

/** The create may have been carried out, but a reading does not show it. */
class MayHaveExecuted extends Data.TaggedError("MayHaveExecuted")<{ readonly error: PermissionsError }> {}

/** When to send a create again that may have been executed, but that no reading shows. */
const settleSchedule = Schedule.exponential("1 second").pipe(Schedule.jittered, Schedule.intersect(Schedule.recurs(4)))

/**
 * Grants projects that have no access yet. Whatever a create ends with, other
 * than its full answer, is settled by a reading. The caller holds the turn.
 */
export const granting = Effect.fnUntraced(function* <E>(
  permissions: Service,
  checkpoint: CheckpointId,
  missing: Portion,
  writes: Writes<E>
) {
  const granted = new Map<string, Permission>()
  const owning = new Set<ProjectId>()
  const refused = new Map<ProjectId, PermissionsError>()
  const unread = new Set<ProjectId>()

  /** Sends one create and finds out what came of it; returns what is left to be sent. */
  const create = Effect.fnUntraced(function* (portion: Portion) {
    for (const project of portion) unread.add(project)
    const sent = yield* writes.create(portion)
    const reply = Either.match(sent, {
      onLeft: (error) => ({ failure: toFailure(error) }),
      onRight: (page) => ({ page })
    })
    const error = Either.isLeft(sent) ? sent.left : undefined
    const verdict = settling.onCreate(portion, reply)
    if (error !== undefined && verdict === "failed") return yield* error
    let reading: ReadonlyMap<string, Permission> = new Map()
    if (verdict === "unknown") {
      reading = yield* readOldest(permissions, checkpoint, portion, writes.remove)
      for (const project of portion) unread.delete(project)
    }
    const created = settling.afterCreate(portion, reply, reading)
    for (const [project, permission] of created.granted) granted.set(project, permission)
    if (created.owning !== undefined) owning.add(created.owning)
    if (created.refused !== undefined && error !== undefined) refused.set(created.refused, error)
    if (!created.mayHaveExecuted) return created.toSend
    const reason = `the server answers that it granted ${portion.join(", ")}, but lists no such permission`
    return yield* new MayHaveExecuted({
      error: error ?? new InvalidResponse({ operation: "create", checkpoint, reason })
    })
  })

  const settled = (portion: Portion) =>
    create(portion).pipe(
      Effect.retry({ schedule: settleSchedule, while: (error) => error instanceof MayHaveExecuted }),
      Effect.mapError((error) => (error instanceof MayHaveExecuted ? error.error : error))
    )

  let portions: ReadonlyArray<Portion> = Arr.chunksOf(missing, projectsPerCreate)
  while (Arr.isNonEmptyReadonlyArray(portions)) {
    const left: ReadonlyArray<Portion> = yield* settled(portions[0])
    portions = [...left, ...portions.slice(1)]
  }
  const outcome: Outcome = { granted, owning, refused, unread: unread.size > 0 }
  return outcome
})
