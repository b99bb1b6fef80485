import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { issueOf, withLines } from "../json.ts"
import { AccessMatrix, Row } from "./matrix.ts"

const encodeRow = Schema.encodeSync(Row)
const encodeHead = Schema.encodeSync(AccessMatrix)
const decode = Schema.decode(Schema.parseJson(AccessMatrix))

/** JSON with a line for each row. */
export const toJson = (matrix: AccessMatrix): string => {
  const { rows: _, ...head } = encodeHead({ ...matrix, rows: [] })
  return withLines(
    head,
    "rows",
    matrix.rows.map((row) => encodeRow(row))
  )
}

/** What is wrong with a text that is no matrix, in one line. */
export const fromJson = (text: string): Effect.Effect<AccessMatrix, string> => Effect.mapError(decode(text), issueOf)
