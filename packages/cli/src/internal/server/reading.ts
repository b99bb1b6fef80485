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

/** Reads every checkpoint of a policy, telling how far it is. */
export const planOf = Effect.fnUntraced(function* (policy: AccessPolicy.AccessPolicy, saved: SavedRows = nothing) {
  const screen = yield* Screen.Screen
  const permissions = yield* CheckpointPermissions.CheckpointPermissions
  const checkpoints = AccessPolicy.resolve(policy).length
  const count = checkpoints - saved.rows.length
  yield* screen.progress(`plan: reads ${counted(count, "checkpoint")}${yield* left(permissions, count)}`)
  let read = saved.rows.length
  const plan = yield* Access.plan(policy, {
    previous: saved.rows,
    onRow: saved.save,
    onProgress: ({ done, total }) => {
      read = done
      return Effect.flatMap(left(permissions, total - done), (rest) =>
        screen.progress(`plan: ${done} of ${counted(total, "checkpoint")} read${rest}`)
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
  return plan
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

/** Reads checkpoints into a matrix, telling how far it is. */
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
      onRow: (row, { done, total }) =>
        Effect.zipRight(
          saved.save(row),
          Effect.flatMap(left(permissions, total - done), (rest) =>
            screen.progress(`${name}: ${done} of ${counted(total, "checkpoint")} read${rest}`)
          )
        )
    })
    yield* screen.clear
    return matrix
  })
