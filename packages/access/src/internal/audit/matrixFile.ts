import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { decodeFile, jsonLines } from "../json.ts"
import { AccessMatrix } from "./matrix.ts"

const decode = decodeFile(AccessMatrix)

/**
 * The error of a text that is not a matrix.
 *
 * @category errors
 */
export class InvalidMatrix extends Schema.TaggedError<InvalidMatrix>()("InvalidMatrix", {
  detail: Schema.String
}) {
  override get message(): string {
    return `the audit cannot be read (${this.detail}): make it anew`
  }
}

/**
 * Returns the matrix as a file without loss: JSON with a line for each checkpoint. No character in it controls a
 * terminal.
 *
 * @category files
 */
export const toJson: (matrix: AccessMatrix) => string = jsonLines(AccessMatrix, "rows")

/**
 * Reads a matrix from the result of `toJson`, for example to resume an audit.
 *
 * @category files
 */
export const fromJson = (
  text: string,
  options?: { readonly sha256?: string | undefined }
): Effect.Effect<AccessMatrix, InvalidMatrix> =>
  Effect.mapError(decode(text, options?.sha256), (detail) => new InvalidMatrix({ detail }))
