/** Permissions as rows of a table. */
import type { Permission } from "@checkpoint-permissions/core/Permission"
import * as Table from "../terminal/table.ts"
import { instant } from "../terminal/time.ts"

export const table = (): Table.Table =>
  Table.make([{ title: "PROJECT" }, { title: "GRANTED" }, { title: "PERMISSION" }])

export const rowOf = (permission: Permission): Table.Row => [
  permission.project_id,
  instant(permission.created_at),
  permission.id
]
