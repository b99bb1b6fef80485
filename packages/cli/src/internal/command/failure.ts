/** The failures of commands, with their lines for people and their exit codes. */
import type { IncompleteMatrix, InvalidMatrix } from "@checkpoint-permissions/access/AccessMatrix"
import type { PlanRefused } from "@checkpoint-permissions/access/AccessPlan"
import type { InvalidPolicy } from "@checkpoint-permissions/access/AccessPolicy"
import type { JournalFailed } from "@checkpoint-permissions/access/Journal"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Data from "effect/Data"
import type { ClosedOutput, OutputFailed } from "../terminal/screen.ts"
import * as exitCode from "./exitCode.ts"

/** A failure with its exit code. Without lines, nothing is printed. */
export class CommandError extends Data.TaggedError("CommandError")<{
  readonly code: number
  readonly lines: ReadonlyArray<string>
}> {
  override get message(): string {
    return this.lines.join("; ")
  }
}

export type Failure =
  | PermissionsError
  | InvalidPolicy
  | PlanRefused
  | InvalidMatrix
  | IncompleteMatrix
  | JournalFailed
  | CommandError
  | ClosedOutput
  | OutputFailed

/** Exit codes by failure. Any other failure has the code 1. */
const codes: { readonly [Tag in Failure["_tag"]]?: number } = {
  ClosedOutput: exitCode.done,
  InvalidInputError: exitCode.wrongUse,
  InvalidPolicy: exitCode.wrongUse,
  InvalidMatrix: exitCode.wrongUse,
  IncompleteListingError: exitCode.incomplete,
  IncompleteMatrix: exitCode.incomplete,
  PlanRefused: exitCode.refused
}

export const report = (failure: Failure): Pick<CommandError, "code" | "lines"> => {
  if (failure._tag === "CommandError") return failure
  const code = codes[failure._tag] ?? exitCode.failed
  if (failure._tag === "ClosedOutput") return { lines: [], code }
  if (failure._tag === "InvalidPolicy") return { lines: failure.report.split("\n").filter((line) => line !== ""), code }
  return { lines: [failure.message], code }
}

/** Makes the failure of a call that cannot work: an argument, an option, a file or a variable. */
export const wrongUse = (...lines: ReadonlyArray<string>) => new CommandError({ code: exitCode.wrongUse, lines })

export const failed = (message: string) => new CommandError({ code: exitCode.failed, lines: [message] })

/** Makes the failure of a refused command: too many revokes, no confirmation, or a change in the meantime. */
export const refused = (message: string) => new CommandError({ code: exitCode.refused, lines: [message] })

/**
 * Makes the failure for a result that is partial or may be incomplete. If a signal stopped the command, it sets the
 * exit code.
 */
export const incomplete = (message: string, signal?: exitCode.Signal) =>
  new CommandError({
    code: signal === undefined ? exitCode.incomplete : exitCode.interrupted[signal],
    lines: [message]
  })

/** The silent failure of `plan --exit-code` with changes, or of a comparison with differences. */
export const pending = new CommandError({ code: exitCode.pending, lines: [] })
