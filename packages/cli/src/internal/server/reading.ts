/** Reads many checkpoints, and prints progress. */
import * as Access from "@checkpoint-permissions/access/Access"
import type * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import { pluralize } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import { checkpointsOf } from "../input/document.ts"
import { formatEstimate, makeTimeLeft } from "../terminal/estimate.ts"
import * as Screen from "../terminal/screen.ts"
import type { Connection } from "./server.ts"

interface ProgressOptions {
  readonly name: string
  /** The number of checkpoints. */
  readonly total: number
  /** The number of projects whose model permissions are read beside the checkpoints. Default: 0. */
  readonly projects?: number | undefined
  /** The end of the message after an interruption. */
  readonly interrupted: string
  /** The sources of the checkpoints. If given, the first line is printed even without a terminal. */
  readonly sources?: string | undefined
}

type Progress = Parameters<NonNullable<Access.AuditOptions["onRow"]>>[1]

/** Reads checkpoints, and prints progress. */
export const withProgress = Effect.fnUntraced(function* <A, E, R>(
  { interrupted, name, projects = 0, sources, total }: ProgressOptions,
  read: (onProgress: (progress: Progress) => Effect.Effect<void>) => Effect.Effect<A, E, R>
) {
  const screen = yield* Screen.Screen
  const permissions = yield* CheckpointPermissions.CheckpointPermissions
  const count = pluralize(total, "checkpoint")
  /** Number of checkpoints read so far, without those that failed. */
  let known = 0
  const timeLeft = makeTimeLeft()
  if (total > 0) {
    // each kind of request has its own rate limiter
    const time = formatEstimate(yield* permissions.estimate({ list: Math.max(total, projects) }))
    yield* sources === undefined
      ? screen.note(screen.err.dim(`Reading ${count}, ${time}.`))
      : screen.warn(`${count}: ${sources}; ${time}`)
    yield* screen.progress(`${name}: reading ${count}`)
  }
  const result = yield* read(({ done, failed, total: all }) => {
    known = done - failed
    const show = (left: string) =>
      screen.progress(`${name}: ${known} of ${all} read${left}${failed === 0 ? "" : `; ${failed} failed`}`)
    return all === done
      ? show("")
      : permissions.estimate({ list: all - done }).pipe(Effect.flatMap(timeLeft), Effect.flatMap(show))
  }).pipe(
    Effect.onInterrupt(() =>
      screen.warn(
        `checkpoint-permissions: ${name}: interrupted after ${known} of ${pluralize(total, "checkpoint")}: ${interrupted}`
      )
    )
  )
  yield* screen.clear
  return result
})

/** Reads the checkpoints of a policy, or of its part, and plans. Access ends by the server's time. */
export const planOf = Effect.fnUntraced(function* (
  policy: AccessPolicy.AccessPolicy,
  { time }: Pick<Connection, "time">,
  { modelPermissions, scope }: Pick<Access.PlanOptions, "modelPermissions" | "scope">
) {
  const all = yield* Effect.orDie(checkpointsOf(policy))
  const total = scope === undefined ? all.length : scope.changed.length + scope.ended.length
  return yield* withProgress({ name: "plan", total, interrupted: "no plan made" }, (onProgress) =>
    Access.plan(policy, { onRow: (_, progress) => onProgress(progress), now: time.now, modelPermissions, scope })
  )
})

/** Reads checkpoints into a matrix. */
export const matrixOf = (
  name: string,
  checkpoints: ReadonlyArray<CheckpointId>,
  {
    projects,
    sources,
    ...options
  }: Omit<Access.AuditOptions, "projects"> & Pick<ProgressOptions, "projects" | "sources">
) =>
  withProgress({ name, total: checkpoints.length, interrupted: "nothing written", projects, sources }, (onProgress) =>
    Access.audit(checkpoints, { ...options, onRow: (_, progress) => onProgress(progress) })
  )
