/** The two calls that change something, as they are. */
import type { CheckpointId, PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Effect from "effect/Effect"
import { Failed } from "./failure.ts"
import { columns, rowOf } from "./list.ts"
import * as Screen from "./screen.ts"
import { withPermissions } from "./server.ts"
import type { ServerOptions } from "./serverOptions.ts"
import * as Table from "./table.ts"
import { counted, jsonLine, oneLine } from "./text.ts"

export interface CreateOptions extends ServerOptions {
  readonly checkpoint: CheckpointId
  readonly projects: ReadonlyArray<ProjectId>
  readonly json: boolean
}

export interface DeleteOptions extends ServerOptions {
  readonly checkpoint: CheckpointId
  readonly permission: PermissionId
  readonly json: boolean
}

/** Who ends a write before its answer does not know what became of it. */
const doubtful = (screen: Screen.Service, what: string) => () =>
  screen.complain(`checkpoint-permissions: ${what}: interrupted; it may have been carried out all the same: see list`)

export const create = (options: CreateOptions) =>
  withPermissions(options, [options.checkpoint], (permissions) =>
    Effect.gen(function* () {
      const screen = yield* Screen.Screen
      yield* screen.progress(
        `create ${oneLine(options.checkpoint)}: granting ${counted(options.projects.length, "project")}`
      )
      const { data } = yield* permissions
        .create(options.checkpoint, options.projects)
        .pipe(Effect.onInterrupt(doubtful(screen, `create ${oneLine(options.checkpoint)}`)))
      if (options.json) return yield* screen.print(data.map(jsonLine).join(""))
      const table = Table.make(columns)
      const rows = table.rows(data.map(rowOf))
      if (data.length > 0) yield* screen.print(`${screen.out.bold(table.head().trimEnd())}\n${rows}`)
      yield* screen.note(`${counted(data.length, "permission")} on ${oneLine(options.checkpoint)}`)
    })
  )

export const remove = (options: DeleteOptions) =>
  withPermissions(options, [options.checkpoint], (permissions) =>
    Effect.gen(function* () {
      const screen = yield* Screen.Screen
      const id = oneLine(options.permission)
      yield* screen.progress(`delete ${oneLine(options.checkpoint)}: taking ${id} away`)
      const reply = yield* permissions
        .delete(options.checkpoint, options.permission)
        .pipe(Effect.onInterrupt(doubtful(screen, `delete ${oneLine(options.checkpoint)}`)))
      if (options.json) yield* screen.print(jsonLine(reply))
      else if (reply.deleted) yield* screen.print(`deleted ${id}\n`)
      if (!reply.deleted) {
        return yield* new Failed({
          message: `delete ${oneLine(options.checkpoint)}: the server has not deleted ${id}: list shows whether it is there`
        })
      }
    })
  )
