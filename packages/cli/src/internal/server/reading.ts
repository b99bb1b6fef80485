/** Reads many checkpoints, telling how far it is. */
import * as Access from "@checkpoint-permissions/access/Access"
import type * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import type * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { counted } from "@checkpoint-permissions/protocol/text"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { Given } from "../input/checkpoints.ts"
import { checkpointsOf } from "../input/policy.ts"
import { nothing, type SavedRows } from "../state/savedRows.ts"
import { lasting, makeRest } from "../terminal/estimate.ts"
import * as Screen from "../terminal/screen.ts"

interface Reading {
  readonly name: string
  /** How many checkpoints, those of `saved` among them. */
  readonly total: number
  readonly saved: SavedRows
  /** What is said when it is interrupted. */
  readonly interrupted: string
}

/** Reads checkpoints, telling how far it is. `isWhole` if another run would read no more. */
const reading = Effect.fnUntraced(function* <A, E, R>(
  { interrupted, name, saved, total }: Reading,
  read: (onProgress: (progress: Access.Progress) => Effect.Effect<void>) => Effect.Effect<A, E, R>
) {
  const screen = yield* Screen.Screen
  const permissions = yield* CheckpointPermissions.CheckpointPermissions
  const before = saved.rows.length
  const count = counted(total - before, "checkpoint")
  let asked = before
  /** A checkpoint that could not be read is not read. */
  let known = before
  const rest = makeRest()
  yield* screen.note(screen.err.dim(`Reads ${count}, ${lasting(yield* Access.estimateReading(total - before))}.`))
  yield* screen.progress(`${name}: asking for the first of ${count}`)
  const result = yield* read(({ done, failed, total: all, unanswered }) => {
    asked = done - unanswered
    known = done - failed
    const show = (left: string) =>
      screen.progress(`${name}: ${known} of ${all} read${left}${failed === 0 ? "" : `; ${failed} failed`}`)
    return all === done
      ? show("")
      : permissions.estimate({ list: all - done }).pipe(Effect.flatMap(rest), Effect.flatMap(show))
  }).pipe(
    Effect.onInterrupt(() =>
      screen.complain(
        `checkpoint-permissions: ${name}: interrupted, ${known} of ${counted(total, "checkpoint")} read: ${interrupted}`
      )
    )
  )
  yield* screen.clear
  return { result, isWhole: asked === total }
})

/** Reads checkpoints for the plan of a revoke. */
export const planRevokeOf = Effect.fnUntraced(function* (
  checkpoints: ReadonlyArray<CheckpointId>,
  projects: ReadonlyArray<ProjectId>
) {
  const { result } = yield* reading(
    { name: "revoke", total: new Set(checkpoints).size, saved: nothing, interrupted: "nothing is planned" },
    (onProgress) => Access.planRevoke(checkpoints, projects, { onProgress })
  )
  return result
})

/** Reads every checkpoint of a policy. */
export const planOf = Effect.fnUntraced(function* (policy: AccessPolicy.AccessPolicy, saved: SavedRows = nothing) {
  const { length: total } = yield* Effect.orDie(checkpointsOf(policy))
  const interrupted = `no plan is made${saved === nothing ? "" : "; the same command goes on from there"}`
  return yield* reading({ name: "plan", total, saved, interrupted }, (onProgress) =>
    Access.plan(policy, { previous: saved.rows, onRow: saved.save, onProgress })
  )
})

/** Rows that were read now, as a matrix. */
export const matrixWith = (
  { apiUrl, organization }: CheckpointPermissions.Server,
  rest: Pick<AccessMatrix.AccessMatrix, "names" | "project" | "rows">
): Effect.Effect<AccessMatrix.AccessMatrix> =>
  Effect.map(DateTime.now, (createdAt) => ({
    format: "checkpoint-permissions/matrix",
    version: 1,
    createdAt,
    apiUrl,
    ...(organization === undefined ? {} : { organization }),
    projects: [],
    ...rest
  }))

/** Reads checkpoints into a matrix. */
export const matrixOf = Effect.fnUntraced(function* (
  name: string,
  { checkpoints, names, owners }: Given,
  options: Pick<Access.AuditOptions, "project" | "stop">,
  saved: SavedRows = nothing
) {
  const { server } = yield* CheckpointPermissions.CheckpointPermissions
  const project = options.project === undefined ? {} : { project: options.project }
  const previous = yield* matrixWith(server, { names: {}, rows: saved.rows, ...project })
  return yield* reading({ name, total: checkpoints.length, saved, interrupted: "nothing is written" }, (onProgress) =>
    Access.audit(checkpoints, {
      ...options,
      previous,
      names,
      owners,
      onRow: (row, progress) => Effect.zipRight(saved.save(row), onProgress(progress))
    })
  )
})
