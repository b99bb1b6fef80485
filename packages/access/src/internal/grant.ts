import { finishInFlight, type Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { InvalidResponse, type PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Arr from "effect/Array"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schedule from "effect/Schedule"
import type { Granted } from "../Access.ts"
import { owningProject } from "./owning.ts"
import { present } from "./present.ts"
import { removeAll } from "./remove.ts"

/** The most projects that one create is given. */
export const projectsPerCreate = 100

type Portion = ReadonlyArray<ProjectId>

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
 * Grants what is missing and takes away what is double. Whatever a create ends
 * with, other than its full answer, is settled by a reading. The caller holds
 * the turn.
 */
export const grant = Effect.fnUntraced(function* (
  permissions: Service,
  checkpoint: CheckpointId,
  projects: ReadonlyArray<ProjectId>
) {
  /** Projects that the server answered a create with: granted, even if somebody revoked them right after. */
  const answered = new Set<string>()
  const owning = new Set<ProjectId>()
  const refusals: Array<PermissionsError> = []
  let unread = false

  /** What the server has now. Of several permissions of one project only the oldest is left. */
  const read = Effect.gen(function* () {
    const now = yield* present(permissions, checkpoint, projects)
    unread = false
    yield* removeAll(permissions, checkpoint, Arr.flatMap([...now.values()], Arr.drop(1)))
    return now
  })

  /** Sends one create and finds out what came of it; answers what is left to be sent. */
  const create = Effect.fnUntraced(function* (portion: Portion) {
    unread = true
    const reply = yield* Effect.either(finishInFlight(permissions.create(checkpoint, portion)))
    if (Either.isRight(reply)) {
      for (const permission of reply.right.data) answered.add(permission.project_id)
      if (portion.every((project) => answered.has(project))) return []
    } else {
      const owner = owningProject(reply.left, portion)
      if (owner !== undefined) owning.add(owner)
      if (!isRefusal(reply.left) && !reply.left.mayHaveExecuted) return yield* reply.left
    }
    const now = yield* read
    const left = portion.filter((project) => !now.has(project) && !answered.has(project) && !owning.has(project))
    if (left.length === 0) return []
    if (left.length < portion.length) return [left]
    if (Either.isRight(reply)) {
      const reason = `the server answers that it granted ${left.join(", ")}, but lists no such permission`
      return yield* new Doubtful({ error: new InvalidResponse({ operation: "grant", checkpoint, reason }) })
    }
    if (!isRefusal(reply.left)) return yield* new Doubtful({ error: reply.left })
    if (left.length > 1) return halves(left)
    refusals.push(reply.left)
    return []
  })

  const settled = (portion: Portion) =>
    create(portion).pipe(
      Effect.retry({ schedule: patience, while: (error) => error._tag === "Doubtful" }),
      Effect.catchTag("Doubtful", ({ error }) => Effect.fail(error))
    )

  const before = yield* read
  const missing = projects.filter((project) => !before.has(project))
  let portions: ReadonlyArray<Portion> = Arr.chunksOf(missing, projectsPerCreate)
  while (Arr.isNonEmptyReadonlyArray(portions)) {
    const left: ReadonlyArray<Portion> = yield* settled(portions[0])
    portions = [...left, ...portions.slice(1)]
  }
  if (unread) yield* read
  const [refused] = refusals
  if (refused !== undefined) return yield* refused
  const report: Granted = {
    granted: missing.filter((project) => !owning.has(project)),
    alreadyGranted: projects.filter((project) => before.has(project)),
    owning: [...owning]
  }
  return report
})
