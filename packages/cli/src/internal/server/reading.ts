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
import { anew, type Resumed } from "../resume/resume.ts"
import { lasting, makeRest } from "../terminal/estimate.ts"
import * as Screen from "../terminal/screen.ts"

interface Reading {
  readonly name: string
  /** How many checkpoints, those that are resumed among them. */
  readonly total: number
  readonly resumed: Resumed
  /** What is said when it is interrupted. */
  readonly interrupted: string
}

/** Reads checkpoints, telling how far it is. */
const reading = Effect.fnUntraced(function* <A, E, R>(
  { interrupted, name, resumed, total }: Reading,
  read: (onProgress: (progress: Access.Progress) => Effect.Effect<void>) => Effect.Effect<A, E, R>
) {
  const screen = yield* Screen.Screen
  const permissions = yield* CheckpointPermissions.CheckpointPermissions
  const before = resumed.rows.length
  const count = counted(total - before, "checkpoint")
  const advice = resumed.advice === undefined ? "" : `; ${resumed.advice}`
  /** A checkpoint that could not be read is not read. */
  let known = before
  const rest = makeRest()
  if (total > before) {
    yield* screen.note(screen.err.dim(`Reads ${count}, ${lasting(yield* Access.estimateReading(total - before))}.`))
    yield* screen.progress(`${name}: asking for the first of ${count}`)
  }
  const result = yield* read(({ done, failed, total: all }) => {
    known = done - failed
    const show = (left: string) =>
      screen.progress(`${name}: ${known} of ${all} read${left}${failed === 0 ? "" : `; ${failed} failed`}`)
    return all === done
      ? show("")
      : permissions.estimate({ list: all - done }).pipe(Effect.flatMap(rest), Effect.flatMap(show))
  }).pipe(
    Effect.raceFirst(resumed.failed),
    Effect.onInterrupt(() =>
      screen.complain(
        `checkpoint-permissions: ${name}: interrupted, ${known} of ${counted(total, "checkpoint")} read: ${interrupted}${advice}`
      )
    )
  )
  yield* screen.clear
  return result
})

/** Reads checkpoints for the plan of a revoke. */
export const planRevokeOf = Effect.fnUntraced(function* (
  checkpoints: ReadonlyArray<CheckpointId>,
  projects: ReadonlyArray<ProjectId>
) {
  return yield* reading(
    { name: "revoke", total: new Set(checkpoints).size, resumed: anew, interrupted: "nothing is planned" },
    (onProgress) => Access.planRevoke(checkpoints, projects, { onProgress })
  )
})

/** Reads every checkpoint of a policy. */
export const planOf = Effect.fnUntraced(function* (policy: AccessPolicy.AccessPolicy, resumed: Resumed = anew) {
  const { length: total } = yield* Effect.orDie(checkpointsOf(policy))
  return yield* reading({ name: "plan", total, resumed, interrupted: "no plan is made" }, (onProgress) =>
    Access.plan(policy, { previous: resumed.rows, onRow: resumed.append, onProgress })
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
  resumed: Resumed = anew
) {
  const { server } = yield* CheckpointPermissions.CheckpointPermissions
  const project = options.project === undefined ? {} : { project: options.project }
  const previous = yield* matrixWith(server, { names: {}, rows: resumed.rows, ...project })
  return yield* reading({ name, total: checkpoints.length, resumed, interrupted: "nothing is written" }, (onProgress) =>
    Access.audit(checkpoints, {
      ...options,
      previous,
      names,
      owners,
      onRow: (row, progress) => Effect.zipRight(resumed.append(row), onProgress(progress))
    })
  )
})
