/** The failures of commands, with their lines for people and their exit codes. */
import type { IncomparableAudits } from "@checkpoint-permissions/access/AccessDiff"
import type { IncompleteMatrix, InvalidMatrix } from "@checkpoint-permissions/access/AccessMatrix"
import type { PlanRefused } from "@checkpoint-permissions/access/AccessPlan"
import type { InvalidPolicy } from "@checkpoint-permissions/access/AccessPolicy"
import type { JournalFailed } from "@checkpoint-permissions/access/Journal"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Data from "effect/Data"
import * as exitCode from "./exitCode.ts"
import type { ClosedOutput, OutputFailed } from "./terminal/screen.ts"

/** A call that cannot work: an argument, an option, a file, or the environment. */
export class WrongUse extends Data.TaggedError("WrongUse")<{ readonly message: string }> {}

/** Ids that cannot be right: a line for each. */
export class InvalidIds extends Data.TaggedError("InvalidIds")<{ readonly lines: ReadonlyArray<string> }> {
  override get message(): string {
    return this.lines.join("; ")
  }
}

/** A command that was tried and did not work. */
export class Failed extends Data.TaggedError("Failed")<{ readonly message: string }> {}

/** A command that is refused: too many revokes, no confirmation, a change by others in the meantime. */
export class Refused extends Data.TaggedError("Refused")<{ readonly message: string }> {}

/** A result that is partial, or may be incomplete. */
export class Incomplete extends Data.TaggedError("Incomplete")<{ readonly message: string }> {}

/** A change that is pending for `plan --exit-code`, or a difference. */
export class Pending extends Data.TaggedError("Pending") {}

/** The exit code of a command that the emulator ran. A command that could not be started also has a message. */
export class CommandEnded extends Data.TaggedError("CommandEnded")<{
  readonly code: number
  readonly message?: string
}> {}

/** A command that a signal stopped after it finished what was in flight. */
export class Stopped extends Data.TaggedError("Stopped")<{
  readonly message: string
  readonly signal: keyof typeof exitCode.interrupted
}> {}

export type Failure =
  | PermissionsError
  | InvalidPolicy
  | PlanRefused
  | InvalidMatrix
  | IncompleteMatrix
  | IncomparableAudits
  | JournalFailed
  | WrongUse
  | InvalidIds
  | Failed
  | Refused
  | Incomplete
  | Pending
  | CommandEnded
  | Stopped
  | ClosedOutput
  | OutputFailed

export interface Report {
  /** Empty when there is nothing to print. */
  readonly lines: ReadonlyArray<string>
  readonly code: number
}

/** Exit codes by failure. Any other failure has 1. */
const codes: { readonly [Tag in Failure["_tag"]]?: number } = {
  ClosedOutput: exitCode.done,
  Pending: exitCode.pending,
  WrongUse: exitCode.wrongUse,
  InvalidIds: exitCode.wrongUse,
  InvalidInputError: exitCode.wrongUse,
  InvalidPolicy: exitCode.wrongUse,
  InvalidMatrix: exitCode.wrongUse,
  IncomparableAudits: exitCode.wrongUse,
  IncompleteListingError: exitCode.incomplete,
  IncompleteMatrix: exitCode.incomplete,
  Incomplete: exitCode.incomplete,
  PlanRefused: exitCode.refused,
  Refused: exitCode.refused
}

export const report = (failure: Failure): Report => {
  const code = codes[failure._tag] ?? exitCode.failed
  switch (failure._tag) {
    case "InvalidPolicy":
      return { lines: failure.report.split("\n").filter((line) => line !== ""), code }
    case "InvalidIds":
      return { lines: failure.lines, code }
    case "CommandEnded":
      return { lines: failure.message === "" ? [] : [failure.message], code: failure.code }
    case "ClosedOutput":
    case "Pending":
      return { lines: [], code }
    case "Stopped":
      return { lines: [failure.message], code: exitCode.interrupted[failure.signal] }
    default:
      return { lines: [failure.message], code }
  }
}

export const wrongUse = (message: string): WrongUse => new WrongUse({ message })
export const failed = (message: string): Failed => new Failed({ message })
export const refused = (message: string): Refused => new Refused({ message })
export const incomplete = (message: string): Incomplete => new Incomplete({ message })
