/** A policy as plain data, and the error of an invalid one. */
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Schema from "effect/Schema"
import { singleLine } from "../text/words.ts"
import type { Ending } from "./schema.ts"

export type { AccessPolicy, AccessPolicyEncoded, Ending } from "./schema.ts"

/** An end of access in a resolved policy. */
export interface End extends Ending {
  /** True if the end does not count, since the project is also listed without an end. */
  readonly ignored?: true
}

/** The text of a policy, and the file that it is from. */
export interface Source {
  readonly text: string
  readonly file?: string | undefined
}

/** The current access to a checkpoint. */
export interface CurrentAccess {
  readonly checkpoint: CheckpointId
  readonly owner?: ProjectId | undefined
  readonly projects: Iterable<ProjectId>
}

/** A policy's entry for a checkpoint, with groups replaced by their projects. */
export interface ResolvedEntry {
  readonly checkpoint: CheckpointId
  readonly owner: ProjectId | undefined
  /** The day of the last review, in UTC. It has no effect on access. */
  readonly lastReview?: string
  /** The days from a review to the next one, such as `90d`. Missing if no review is due. */
  readonly reviewEvery?: string
  readonly mode: "exact" | "at-least"
  /** Each project once, in file order. Includes a listed owner, and projects whose access has ended. */
  readonly projects: ReadonlyArray<ProjectId>
  /** The ends of access in the order of the file. Missing if there are none. */
  readonly ends?: ReadonlyArray<End>
}

/**
 * An error in a policy, with its source location. Each text is one line without control characters.
 *
 * @category errors
 */
export const Diagnostic = Schema.Struct({
  /** The file name as passed to `load` or `parse`. */
  file: Schema.UndefinedOr(Schema.String),
  /** From 1; 0 for a policy that was made in code. */
  line: Schema.Int,
  /** From 1, in UTF-16 units as editors count; 0 for a policy that was made in code. */
  column: Schema.Int,
  /** `checkpoints["ft:a"].projects[0]`; empty for the file as a whole. */
  path: Schema.String,
  message: Schema.String
})

/** @category errors */
export interface Diagnostic extends Schema.Schema.Type<typeof Diagnostic> {}

/** Returns a diagnostic as one line: `file:line:column: path: message`. */
export const describe = ({ file, line, column, path, message }: Diagnostic): string => {
  const place = [...(file === undefined ? [] : [singleLine(file, 400)]), ...(line === 0 ? [] : [line, column])].join(
    ":"
  )
  return [place, path, message].filter((part) => part !== "").join(": ")
}

/** The error of an invalid policy, with all its diagnostics in the order of the files. */
export class InvalidPolicy extends Schema.TaggedError<InvalidPolicy>()("InvalidPolicy", {
  diagnostics: Schema.NonEmptyArray(Diagnostic)
}) {
  /** One line: the first diagnostic, and the number of the others. */
  override get message(): string {
    const [first, ...others] = this.diagnostics
    return `${describe(first)}${others.length === 0 ? "" : ` (and ${others.length} more)`}`
  }
  /** A line for each diagnostic: `file:line:column: path: message`. */
  get report(): string {
    return this.diagnostics.map(describe).join("\n")
  }
}
