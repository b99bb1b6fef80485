import * as Schema from "effect/Schema"
import { singleLine } from "../text.ts"

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

const describe = ({ file, line, column, path, message }: Diagnostic): string => {
  const place = [...(file === undefined ? [] : [singleLine(file, 400)]), ...(line === 0 ? [] : [line, column])].join(
    ":"
  )
  return [place, path, message].filter((part) => part !== "").join(": ")
}

/**
 * The error of an invalid policy, with all its diagnostics in the order of the files.
 *
 * @category errors
 */
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
