import { visibleJson } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { oneLine } from "../text.ts"
import { AccessMatrix, Row } from "./matrix.ts"

const encodeRow = Schema.encodeSync(Row)
const encodeHead = Schema.encodeSync(AccessMatrix)
const decode = Schema.decode(Schema.parseJson(AccessMatrix))

/** JSON with a line for each row, so that two audits can be compared line by line. */
export const toJson = (matrix: AccessMatrix): string => {
  const { rows: _, ...head } = encodeHead({ ...matrix, rows: [] })
  const rows = matrix.rows.map((row) => `    ${JSON.stringify(encodeRow(row))}`)
  const fields = Object.entries(head).map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},`)
  const list = rows.length === 0 ? "[]" : `[\n${rows.join(",\n")}\n  ]`
  return `{\n${visibleJson(fields.join("\n"))}\n  "rows": ${visibleJson(list)}\n}\n`
}

/** What is wrong with a text that is no matrix, in one line. */
export const fromJson = (text: string): Effect.Effect<AccessMatrix, string> =>
  Effect.mapError(decode(text), (error) => {
    const issue = ParseResult.ArrayFormatter.formatErrorSync(error)[0]
    return issue === undefined ? "unreadable" : oneLine([...issue.path.map(String), issue.message].join(": "), 200)
  })
