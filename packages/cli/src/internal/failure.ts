/** What a command can fail with, as one line for people and an exit code. */
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Data from "effect/Data"
import * as exitCode from "./exitCode.ts"
import type { ClosedOutput, OutputFailed } from "./screen.ts"

/** Called in a way that cannot work: an argument, an option, or the environment. */
export class WrongUse extends Data.TaggedError("WrongUse")<{ readonly message: string }> {}

/** Tried, and it did not work. */
export class Failed extends Data.TaggedError("Failed")<{ readonly message: string }> {}

export type Failure = PermissionsError | WrongUse | Failed | ClosedOutput | OutputFailed

export interface Report {
  /** `undefined` when there is nothing to say. */
  readonly message: string | undefined
  readonly code: number
}

export const report = (failure: Failure): Report => {
  switch (failure._tag) {
    case "ClosedOutput":
      return { message: undefined, code: exitCode.done }
    case "WrongUse":
    case "InvalidInput":
      return { message: failure.message, code: exitCode.wrongUse }
    case "IncompleteListing":
      return { message: failure.message, code: exitCode.incomplete }
    default:
      return { message: failure.message, code: exitCode.failed }
  }
}
