import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type * as Permission from "@checkpoint-permissions/core/Permission"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Screen from "./screen.ts"
import { withPermissions } from "./server.ts"
import type { ServerOptions } from "./serverOptions.ts"
import * as Table from "./table.ts"
import { counted, jsonLine, oneLine } from "./text.ts"
import { instant } from "./time.ts"

export interface ListOptions extends ServerOptions {
  readonly checkpoint: CheckpointId
  readonly projectId: Option.Option<ProjectId>
  readonly after: Option.Option<PermissionId>
  readonly order: Option.Option<Permission.Order>
  readonly limit: Option.Option<number>
  readonly json: boolean
}

type Permissions = ReadonlyArray<Permission.Permission>

export const columns: ReadonlyArray<Table.Column> = [
  { title: "PROJECT" },
  { title: "GRANTED" },
  { title: "PERMISSION" }
]

export const rowOf = (permission: Permission.Permission): Table.Row => [
  permission.project_id,
  instant(permission.created_at),
  permission.id
]

/** Pieces of a listing as text: a line of JSON each, or the rows of a table with its head before the first. */
const printer = (json: boolean, bold: (text: string) => string): ((permissions: Permissions) => string) => {
  if (json) return (permissions) => permissions.map(jsonLine).join("")
  const table = Table.make(columns)
  let headed = false
  return (permissions) => {
    const rows = table.rows(permissions.map(rowOf))
    if (headed || permissions.length === 0) return rows
    headed = true
    return bold(table.head().trimEnd()).concat("\n", rows)
  }
}

const listed = Effect.fnUntraced(function* (permissions: Service, options: ListOptions) {
  const screen = yield* Screen.Screen
  const print = printer(options.json, screen.out.bold)
  const name = oneLine(options.checkpoint)
  let count = 0
  let pages = 0
  yield* screen.progress(`list ${name}: asking for the first page`)
  yield* permissions
    .pages(options.checkpoint, {
      project_id: Option.getOrUndefined(options.projectId),
      after: Option.getOrUndefined(options.after),
      order: Option.getOrUndefined(options.order),
      limit: Option.getOrUndefined(options.limit)
    })
    .pipe(
      Stream.runForEach((page) => {
        count += page.data.length
        pages += 1
        return Effect.zipRight(
          page.data.length === 0 ? Effect.void : screen.print(print(page.data)),
          screen.progress(`list ${name}: ${counted(count, "permission")} on ${counted(pages, "page")}`)
        )
      })
    )
  yield* screen.note(
    count === 0 ? `${name} has no permissions` : `${counted(count, "permission")} on ${counted(pages, "page")}`
  )
})

export const run = (options: ListOptions) =>
  withPermissions(options, [options.checkpoint], (permissions) => listed(permissions, options))
