import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { fromFailure, type PermissionsError, toFailure } from "@checkpoint-permissions/core/PermissionsError"
import type { Failure } from "@checkpoint-permissions/protocol/failure"
import * as writes from "@checkpoint-permissions/protocol/writes"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { YieldWrap } from "effect/Utils"
import type { ListedPermission } from "../plan/steps.ts"

/** The permissions of a checkpoint, or of some of its projects, from one listing. */
export type Snapshot = writes.CheckpointSnapshot<ListedPermission>

/** The effects that a program yields. */
export type Yielded<E = never> = YieldWrap<Effect.Effect<unknown, PermissionsError | E>>

/** A failure of a program of `protocol/writes`, with its error. */
export type FailureWithError = Failure & { readonly error: PermissionsError }

export const failureWithError = (error: PermissionsError): FailureWithError => ({ ...toFailure(error), error })

/** Returns the error of a failure, or a new one if an earlier create may have been executed. */
export const errorOf = (failure: FailureWithError | Failure): PermissionsError => {
  if (!("error" in failure)) return fromFailure(failure)
  const { error, ...failed } = failure
  return error.mayHaveExecuted === failed.mayHaveExecuted ? error : fromFailure(failed)
}

/** Reads a checkpoint with the program `read` of `protocol/writes`. */
export const read = (
  service: Service,
  checkpoint: string,
  ...wanted: readonly [projects?: ReadonlyArray<ProjectId>, mayHaveExecuted?: boolean, last?: Snapshot]
): Effect.Effect<Snapshot, PermissionsError> => {
  const calls: writes.ReadCalls<Yielded, ListedPermission, FailureWithError> = {
    list: (params, counts) =>
      service.pages(checkpoint, params).pipe(
        Stream.map(({ data }) =>
          data
            .filter(({ project_id }) => counts(project_id))
            .map(({ created_at, id, project_id }): ListedPermission => ({ id, project_id, created_at }))
        ),
        Stream.runCollect,
        Effect.match({
          onFailure: (error) => ({ failure: failureWithError(error) }),
          onSuccess: (pages) => ({ pages })
        })
      ),
    now: Clock.currentTimeMillis,
    fail: (failure) => Effect.fail(errorOf(failure))
  }
  return Effect.gen(() => writes.read(calls, ...wanted))
}
