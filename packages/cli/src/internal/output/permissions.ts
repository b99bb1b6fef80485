/** Permissions as text. */
import type { Permission } from "@checkpoint-permissions/core/Permission"
import * as Table from "../terminal/table.ts"
import { jsonLine } from "../terminal/text.ts"
import { instant } from "../terminal/time.ts"

const rowOf = (permission: Permission): Table.Row => [
  permission.project_id,
  instant(permission.created_at),
  permission.id
]

/** Pieces of a listing as text: a line of JSON each, or the rows of a table with its head before the first. */
export const printer = (
  json: boolean,
  bold: (text: string) => string
): ((permissions: ReadonlyArray<Permission>) => string) => {
  if (json) return (permissions) => permissions.map(jsonLine).join("")
  const rowsOf = Table.make([{ title: "PROJECT" }, { title: "GRANTED" }, { title: "PERMISSION" }])
  let headed = false
  return (permissions) => {
    const rows = rowsOf.rows(permissions.map(rowOf))
    if (headed || permissions.length === 0) return rows
    headed = true
    return bold(rowsOf.head().trimEnd()).concat("\n", rows)
  }
}
