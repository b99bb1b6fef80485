import { CurrentCallOptions, withOptions } from "@checkpoint-permissions/client/CheckpointPermissions"
import { CheckpointId, isProjectId, PermissionId, type ProjectId } from "@checkpoint-permissions/core/Identifiers"
import {
  fromFailure,
  InvalidInputError,
  isPermissionsError,
  type Operation,
  type PermissionsError
} from "@checkpoint-permissions/core/PermissionsError"
import { pastDeadline } from "@checkpoint-permissions/protocol/failure"
import { refusePermission } from "@checkpoint-permissions/protocol/identifiers"
import { checkAccess } from "@checkpoint-permissions/protocol/parameters"
import * as protocol from "@checkpoint-permissions/protocol/writes"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { camelToSnake } from "effect/String"
import type { ListedPermission } from "../plan/steps.ts"
import { forEach, interruptWhen } from "../run/until.ts"
import { errorOf, type FailureWithError, failureWithError, read, type Yielded } from "./read.ts"
import type { State } from "./state.ts"
import { type WriteOptions, writesOf } from "./writes.ts"

/** The calls of the programs of `protocol/writes`, for one checkpoint. */
type Calls<E> = protocol.Calls<Yielded<E>, ListedPermission, FailureWithError> &
  protocol.RevokeCalls<Yielded<E>, ListedPermission, FailureWithError>

/** Sleeps. Returns false, without a wait, if the deadline in force would pass before its end. */
const sleepWithin = (millis: number): Effect.Effect<boolean> =>
  Effect.flatMap(CurrentCallOptions, ({ deadlineAt = Number.POSITIVE_INFINITY }) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      now + millis < deadlineAt ? Effect.as(Effect.sleep(millis), true) : Effect.succeed(false)
    )
  )

/** Returns the failure of a delete, or `undefined` if it succeeded. */
const failureOf = <E>(remove: Effect.Effect<unknown, PermissionsError | E>) =>
  Effect.catchIf(Effect.as(remove, undefined), isPermissionsError, (error) => Effect.succeed(failureWithError(error)))

export const calls = <E>(
  { owners, permissions }: State,
  checkpoint: string,
  writes: ReturnType<typeof writesOf<E>>,
  mayDelete: (permission: ListedPermission) => boolean = () => true
): Calls<E> => ({
  checkpoint,
  read: (...wanted) => read(permissions, checkpoint, ...wanted),
  create: writes.create,
  onFound: writes.onFound,
  delete: (permission, options) => {
    const remove = writes.delete(permission)
    if (options === undefined) return failureOf(remove)
    const { urgent, withdrawAfter } = options
    return failureOf(interruptWhen(Effect.sleep(withdrawAfter), withOptions(remove, { urgent: urgent })))
  },
  isOwner: (project) => owners.get(checkpoint) === project,
  deleted: writes.deleted,
  mayDelete,
  waitForRateLimit: Effect.flatMap(permissions.estimate({ delete: 1 }), ({ duration, unrefused }) =>
    Effect.flatMap(sleepWithin(Duration.toMillis(unrefused ?? duration)), (isOver) =>
      isOver ? Effect.void : Effect.fail(fromFailure({ ...pastDeadline("delete"), checkpoint }))
    )
  ),
  sleep: (millis, { jittered }) =>
    Effect.flatMap(jittered ? Random.nextRange(0.8, 1.2) : Effect.succeed(1), (factor) => sleepWithin(millis * factor)),
  now: Clock.currentTimeMillis,
  each: (programs) => forEach(programs, protocol.limits.concurrency, (program) => Effect.gen(program)),
  fail: (failure) => Effect.fail(errorOf(failure))
})

/** Checks the ids of a grant or a revoke before any request is sent. Returns each project once, in the order given. */
export const checkInput = (
  operation: Operation,
  checkpoint: string,
  projects: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<ProjectId>, InvalidInputError> => {
  const read = checkAccess(checkpoint, projects)
  return "ok" in read
    ? Effect.succeed(read.ok.filter(isProjectId))
    : Effect.fail(new InvalidInputError({ operation, ...read }))
}

/** Checks the ids of a grant or a revoke, and runs its program with exclusive access to the checkpoint. */
export const runWrites = Effect.fnUntraced(function* <
  A extends { readonly ownerProjects: ReadonlyArray<ProjectId> },
  E = never
>(
  state: State,
  operation: Operation,
  program: (calls: Calls<E>, projects: ReadonlyArray<ProjectId>) => protocol.Program<Yielded<E>, A>,
  checkpoint: string,
  projects: ReadonlyArray<string>,
  options: WriteOptions<E> = {}
) {
  const projectIds = yield* checkInput(operation, checkpoint, projects)
  yield* Effect.annotateCurrentSpan({ checkpoint, projects: projectIds.length })
  const context = { ...options, state, checkpoint: CheckpointId.make(checkpoint), emit: () => Effect.void }
  const atCheckpoint = calls(state, checkpoint, writesOf(context))
  const report = yield* state.exclusively(checkpoint)(() => Effect.gen(() => program(atCheckpoint, projectIds)))
  for (const owner of report.ownerProjects) state.owners.set(checkpoint, owner)
  for (const [list, { length }] of Object.entries(report)) yield* Effect.annotateCurrentSpan(camelToSnake(list), length)
  return report
})

export const revokePermission = Effect.fnUntraced(function* <E = never>(
  state: State,
  checkpoint: string,
  { created_at, id, project_id }: { readonly id: string; readonly project_id: string; readonly created_at: number },
  options: WriteOptions<E> = {}
) {
  const [project] = yield* checkInput("delete", checkpoint, [project_id])
  const reason = refusePermission(id)
  if (reason !== undefined || project === undefined) {
    return yield* new InvalidInputError({ operation: "delete", field: "permission", reason: reason ?? "no project" })
  }
  const context = { ...options, state, checkpoint: CheckpointId.make(checkpoint), emit: () => Effect.void }
  const permission = { id: PermissionId.make(id), project_id: project, created_at }
  yield* state.exclusively(checkpoint)(() => writesOf(context).delete(permission))
})
