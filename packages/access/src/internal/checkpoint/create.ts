import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { InvalidResponse, type PermissionsError, toFailure } from "@checkpoint-permissions/core/PermissionsError"
import * as settling from "@checkpoint-permissions/protocol/settling"
import * as Arr from "effect/Array"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schedule from "effect/Schedule"
import type { Found } from "../plan/model.ts"
import { read } from "./read.ts"
import type { Writes } from "./writes.ts"

export const { projectsPerCreate } = settling.limits

type Portion = ReadonlyArray<ProjectId>

/** What became of projects that were to be granted, by replies and, where these did not say, by readings. */
export interface Created {
  /** The permission of each project that a reply named, or that a reading showed after a lost reply. */
  readonly granted: ReadonlyMap<string, Found>
  /** The projects that a reply named. */
  readonly answered: ReadonlySet<string>
  readonly owning: ReadonlySet<ProjectId>
  readonly refused: ReadonlyMap<ProjectId, PermissionsError>
}

/** The create may have been carried out, but a reading does not show it. */
class MayHaveExecuted extends Data.TaggedError("MayHaveExecuted")<{ readonly error: PermissionsError }> {}

/** When to send a create again that may have been executed, but that no reading shows. */
const resendSchedule = Schedule.exponential(settling.limits.resendDelay).pipe(
  Schedule.jittered,
  Schedule.intersect(Schedule.recurs(settling.limits.resends))
)

const oldestOf = (permissions: ReadonlyArray<Found>): ReadonlyMap<string, Found> =>
  new Map(Array.from(settling.byProject(permissions), ([project, [oldest]]) => [project, oldest]))

/**
 * Grants projects. A project that a reply named is never sent again. Where a
 * reply was lost or names only some, a reading decides what is sent again.
 */
export const create = Effect.fnUntraced(function* <E>(
  service: Service,
  checkpoint: CheckpointId,
  projects: Portion,
  writes: Writes<E>
) {
  const granted = new Map<string, Found>()
  const answered = new Set<string>()
  const owning = new Set<ProjectId>()
  const refused = new Map<ProjectId, PermissionsError>()

  /** Sends one create; returns the portions that are still to be sent. */
  const send = Effect.fnUntraced(function* (portion: Portion) {
    const sent = yield* writes.create(portion)
    const reply = Either.match(sent, {
      onLeft: (error) => ({ failure: toFailure(error) }),
      onRight: (page) => ({ page })
    })
    const error = Either.isLeft(sent) ? sent.left : undefined
    if (Either.isRight(sent)) for (const { project_id } of sent.right.data) answered.add(project_id)
    const verdict = settling.onCreate<Found>(portion, reply)
    if (error !== undefined && verdict === "failed") return yield* error
    const reading =
      verdict === "unknown"
        ? oldestOf((yield* read(service, checkpoint, portion)).permissions)
        : new Map<string, Found>()
    const created = settling.afterCreate<ProjectId, Found>(portion, reply, reading)
    for (const [project, permission] of created.granted) {
      if (!granted.has(project) && !answered.has(project)) yield* writes.onFound(permission)
      granted.set(project, permission)
    }
    if (created.owning !== undefined) owning.add(created.owning)
    if (created.refused !== undefined && error !== undefined) refused.set(created.refused, error)
    if (!created.mayHaveExecuted) return created.toSend
    const reason = `the server answers that it granted ${portion.join(", ")}, but lists no such permission`
    return yield* new MayHaveExecuted({
      error: error ?? new InvalidResponse({ operation: "create", checkpoint, reason })
    })
  })

  const settled = (portion: Portion) =>
    send(portion).pipe(
      Effect.retry({ schedule: resendSchedule, while: (error) => error instanceof MayHaveExecuted }),
      Effect.mapError((error) => (error instanceof MayHaveExecuted ? error.error : error))
    )

  let portions: ReadonlyArray<Portion> = Arr.chunksOf(projects, projectsPerCreate)
  while (Arr.isNonEmptyReadonlyArray(portions)) {
    const left: ReadonlyArray<Portion> = yield* settled(portions[0])
    portions = [...left, ...portions.slice(1)]
  }
  const created: Created = { granted, answered, owning, refused }
  return created
})
