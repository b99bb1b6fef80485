/** Reads many checkpoints, telling how far it is. */

import * as Access from "@checkpoint-permissions/access/Access"
import type * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import type * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as History from "@checkpoint-permissions/access/History"
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import { Organization } from "@checkpoint-permissions/client/Organization"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { counted } from "@checkpoint-permissions/protocol/text"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { Given } from "../input/checkpoints.ts"
import { checkAuditIsOf, checkpointsOf } from "../input/saved.ts"
import { anew, type Resumed } from "../resume/resume.ts"
import { lasting, makeRest } from "../terminal/estimate.ts"
import { stoppable } from "../terminal/interruption.ts"
import * as Screen from "../terminal/screen.ts"
import type { Connection } from "./server.ts"

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
    yield* screen.note(
      screen.err.dim(`Reads ${count}, ${lasting(yield* permissions.estimate({ list: total - before }))}.`)
    )
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
export const planRevokeOf = (checkpoints: ReadonlyArray<CheckpointId>, projects: ReadonlyArray<ProjectId>) =>
  reading(
    { name: "revoke", total: new Set(checkpoints).size, resumed: anew, interrupted: "nothing is planned" },
    (onProgress) => Access.planRevoke(checkpoints, projects, { onProgress })
  )

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
  options: Pick<Access.AuditOptions, "stop"> & { readonly project?: ProjectId | undefined },
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

/**
 * Reads what the log asks for, and says once why if it reads everything. A signal and `--max-duration` end the reading:
 * the rest is unknown, and `signal` knows which one it was.
 */
export const againOf = Effect.fnUntraced(function* (
  name: string,
  { maxDuration }: { readonly maxDuration: Option.Option<Duration.Duration> },
  connection: Connection,
  previous: AccessMatrix.AccessMatrix,
  options: History.AuditAgainOptions
) {
  const screen = yield* Screen.Screen
  yield* checkAuditIsOf(previous, connection)
  yield* Screen.progress(`${name}: asking the audit log`)
  const tell = (why: string) => screen.complain(`${name}: ${why}: stops, and shows what was read`)
  const again = yield* stoppable({ maxDuration }, tell, (stop, signal) =>
    Effect.map(
      History.auditAgain(previous, {
        ...options,
        stop,
        onRow: (_, { done, total }) => screen.progress(`${name}: ${done} of ${total} known`)
      }),
      (again) => ({ ...again, signal: signal() })
    )
  ).pipe(
    Effect.provideServiceEffect(Organization, connection.organizationLists),
    Effect.onInterrupt(() => Screen.complain(`checkpoint-permissions: ${name}: interrupted, nothing is written`))
  )
  yield* Screen.clear
  if (again.why !== undefined) {
    yield* Screen.complain(`${name}: reads every checkpoint: ${History.reasonOf(again.why)}`)
  }
  return again
})
