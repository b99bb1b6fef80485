import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { Permission, PermissionPage } from "@checkpoint-permissions/core/Permission"
import { InvalidResponse, type PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Arr from "effect/Array"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schedule from "effect/Schedule"
import { byProject } from "./oldest.ts"
import { owningProject } from "./owning.ts"
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
class Doubtful extends Data.TaggedError("Doubtful")<{ readonly error: PermissionsError }> {}

/** When to send a create again whose outcome was doubtful and that was then not found done. */
const patience = Schedule.exponential("1 second").pipe(Schedule.jittered, Schedule.intersect(Schedule.recurs(4)))

/** The permission is refused for what it is: another try of the same makes no difference. */
const isRefusal = (error: PermissionsError): boolean => error._tag === "BadRequest" || error._tag === "Conflict"

const halves = (portion: Portion): ReadonlyArray<Portion> => {
  const middle = Math.ceil(portion.length / 2)
  return [portion.slice(0, middle), portion.slice(middle)]
}

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

  /** Sends one create and finds out what came of it; answers what is left to be sent. */
  const create = Effect.fnUntraced(function* (portion: Portion) {
    for (const project of portion) unread.add(project)
    const reply = yield* writes.create(portion)
    if (Either.isRight(reply)) {
      for (const [project, [first]] of byProject(reply.right.data)) {
        if (first !== undefined) granted.set(project, first)
      }
      if (portion.every((project) => granted.has(project))) return []
    } else {
      const owner = owningProject(reply.left, portion)
      if (owner !== undefined) owning.add(owner)
      if (!isRefusal(reply.left) && !reply.left.mayHaveExecuted) return yield* reply.left
    }
    const now = yield* readOldest(permissions, checkpoint, portion, writes.remove)
    for (const project of portion) unread.delete(project)
    for (const [project, permission] of now) granted.set(project, permission)
    const left = portion.filter((project) => !granted.has(project) && !owning.has(project))
    if (left.length === 0) return []
    if (left.length < portion.length) return [left]
    if (Either.isRight(reply)) {
      const reason = `the server answers that it granted ${left.join(", ")}, but lists no such permission`
      return yield* new Doubtful({ error: new InvalidResponse({ operation: "create", checkpoint, reason }) })
    }
    if (!isRefusal(reply.left)) return yield* new Doubtful({ error: reply.left })
    if (left.length > 1) return halves(left)
    for (const project of left) refused.set(project, reply.left)
    return []
  })

  const settled = (portion: Portion) =>
    create(portion).pipe(
      Effect.retry({ schedule: patience, while: (error) => error instanceof Doubtful }),
      Effect.mapError((error) => (error instanceof Doubtful ? error.error : error))
    )

  let portions: ReadonlyArray<Portion> = Arr.chunksOf(missing, projectsPerCreate)
  while (Arr.isNonEmptyReadonlyArray(portions)) {
    const left: ReadonlyArray<Portion> = yield* settled(portions[0])
    portions = [...left, ...portions.slice(1)]
  }
  const outcome: Outcome = { granted, owning, refused, unread: unread.size > 0 }
  return outcome
})
