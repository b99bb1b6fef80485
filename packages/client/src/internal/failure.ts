import type { PermissionId } from "@checkpoint-permissions/core/Identifiers"
import type { IncompleteListing, Operation, PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import type * as Duration from "effect/Duration"

/** Everything that one request, however often repeated, can fail with. */
export type RequestError = Exclude<PermissionsError, IncompleteListing>

/** What an operation knows of itself when it fails. */
export interface Circumstances {
  readonly operation: Operation
  readonly checkpoint: string
  readonly attempts: number
  readonly waited: Duration.Duration
  readonly resumeAfter: PermissionId | undefined
  /** An earlier attempt may have been carried out. */
  readonly mayHaveExecuted: boolean
}

/** A failed attempt: the error but for the circumstances, which only the retry loop knows. */
export type Failure = (circumstances: Circumstances) => RequestError
