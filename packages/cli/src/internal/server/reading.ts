/** Reads many checkpoints, telling how far it is. */
import * as Access from "@checkpoint-permissions/access/Access"
import type * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { counted } from "@checkpoint-permissions/protocol/text"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { Given } from "../input/checkpoints.ts"
import { nothing, type SavedRows } from "../state/savedRows.ts"
import * as Screen from "../terminal/screen.ts"
import { time } from "../terminal/time.ts"

/** How long so many further listings take, if that is worth a word. */
const left = (permissions: Service, listings: number): Effect.Effect<string> =>
  Effect.map(permissions.estimate({ list: listings }), (duration) =>
    listings === 0 ? "" : `, ${listings} left, about ${time(duration)}`
  )

/** How far a reading is: a checkpoint that could not be read is not read. */
const soFar = (name: string, { done, failed, total }: Access.Progress): string =>
  `${name}: ${done - failed} of ${counted(total, "checkpoint")} read${failed === 0 ? "" : `, ${failed} failed`}`

/** Reads every checkpoint of a policy, telling how far it is. `isWhole` if another run would read no more. */
export const planOf = Effect.fnUntraced(function* (policy: AccessPolicy.AccessPolicy, saved: SavedRows = nothing) {
  const screen = yield* Screen.Screen
  const permissions = yield* CheckpointPermissions.CheckpointPermissions
  const checkpoints = (yield* Effect.orDie(AccessPolicy.resolve(policy))).length
  const count = checkpoints - saved.rows.length
  yield* screen.progress(`plan: reads ${counted(count, "checkpoint")}${yield* left(permissions, count)}`)
  let asked = saved.rows.length
  let read = saved.rows.length
  const plan = yield* Access.plan(policy, {
    previous: saved.rows,
    onRow: saved.save,
    onProgress: (progress) => {
      asked = progress.done - progress.unanswered
      read = progress.done - progress.failed
      return Effect.flatMap(left(permissions, progress.total - progress.done), (rest) =>
        screen.progress(`${soFar("plan", progress)}${rest}`)
      )
    }
  }).pipe(
    Effect.onInterrupt(() =>
      screen.complain(
        `checkpoint-permissions: plan: interrupted, ${read} of ${counted(checkpoints, "checkpoint")} read: no plan is made${saved === nothing ? "" : "; the same command goes on from there"}`
      )
    )
  )
  yield* screen.clear
  return { plan, isWhole: asked === checkpoints }
})

const asMatrix = (
  rows: ReadonlyArray<AccessMatrix.Row>,
  server: CheckpointPermissions.Server,
  project: ProjectId | undefined
): Effect.Effect<AccessMatrix.AccessMatrix> =>
  Effect.map(DateTime.now, (createdAt) => ({
    format: "checkpoint-permissions/matrix",
    version: 1,
    createdAt,
    apiUrl: server.apiUrl,
    ...(server.organization === undefined ? {} : { organization: server.organization }),
    ...(project === undefined ? {} : { project }),
    names: {},
    projects: [],
    rows
  }))

/** Reads checkpoints into a matrix, telling how far it is. `isWhole` if another run would read no more. */
export const matrixOf = (
  name: string,
  { checkpoints, names, owners }: Given,
  options: Pick<Access.AuditOptions, "project" | "stop">,
  saved: SavedRows = nothing
) =>
  Effect.gen(function* () {
    const screen = yield* Screen.Screen
    const permissions = yield* CheckpointPermissions.CheckpointPermissions
    const count = checkpoints.length - saved.rows.length
    let asked = saved.rows.length
    let read = saved.rows.length
    const { duration } = yield* Access.estimateReading(count)
    yield* screen.note(
      screen.err.dim(`Reads ${counted(count, "checkpoint")}, about ${time(duration)} at the present pace.`)
    )
    yield* screen.progress(`${name}: asking for the first of ${counted(count, "checkpoint")}`)
    const matrix = yield* Access.audit(checkpoints, {
      ...options,
      previous: yield* asMatrix(saved.rows, permissions.server, options.project),
      names,
      owners,
      onRow: (row, progress) => {
        asked = progress.done - progress.unanswered
        read = progress.done - progress.failed
        return Effect.zipRight(
          saved.save(row),
          Effect.flatMap(left(permissions, progress.total - progress.done), (rest) =>
            screen.progress(`${soFar(name, progress)}${rest}`)
          )
        )
      }
    }).pipe(
      Effect.onInterrupt(() =>
        screen.complain(
          `checkpoint-permissions: ${name}: interrupted, ${read} of ${counted(checkpoints.length, "checkpoint")} read: nothing is written`
        )
      )
    )
    yield* screen.clear
    return { matrix, isWhole: asked === checkpoints.length }
  })
