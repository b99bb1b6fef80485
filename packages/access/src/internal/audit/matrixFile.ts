import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { decoded, lined } from "../json.ts"
import { AccessMatrix } from "./matrix.ts"

const decode = decoded(AccessMatrix)

/**
 * A text that is no matrix.
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
 * The matrix as a file: it loses nothing, holds no character that acts on a terminal, and has a line for each
 * checkpoint.
 *
 * @category files
 */
export const toJson: (matrix: AccessMatrix) => string = lined(AccessMatrix, "rows")

/**
 * Reads what `toJson` wrote, for instance to resume an audit.
 *
 * @category files
 */
export const fromJson = (
  text: string,
  options?: { readonly sha256?: string | undefined }
): Effect.Effect<AccessMatrix, InvalidMatrix> =>
  Effect.mapError(decode(text, options?.sha256), (detail) => new InvalidMatrix({ detail }))
