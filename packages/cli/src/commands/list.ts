/** `checkpoint-permissions list`: all permissions of a checkpoint. */

import * as Projects from "@checkpoint-permissions/access/Projects"
import { pluralize, printableLine } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { defineCommand, type OptionsOf } from "../internal/command/run.ts"
import { after, checkpoint, json, project, serverOptions } from "../internal/input/options.ts"
import { accessColumns, accessPrinter } from "../internal/output/permissions.ts"
import { filterProject, readNames } from "../internal/server/projects.ts"
import { withPermissions } from "../internal/server/server.ts"
import * as Screen from "../internal/terminal/screen.ts"
import { instant } from "../internal/terminal/time.ts"

const config = {
  checkpoint,
  project: project("Only permissions of this project."),
  after: after("Continue a listing after this permission."),
  json,
  ...serverOptions
}

const run = (options: OptionsOf<typeof config>) =>
  withPermissions(options, [options.checkpoint], (permissions, connection) =>
    Effect.gen(function* () {
      const screen = yield* Screen.Screen
      const name = printableLine(options.checkpoint)
      yield* screen.progress(`list ${name}: reading`)
      const filter = yield* filterProject("list", connection, options.project)
      const project = filter?.project
      const readNamesOf = yield* readNames("list", connection)
      const print = accessPrinter(
        options.json ? "json" : screen.table.width === undefined ? "lines" : "table",
        screen.out.bold
      )
      let count = 0
      let pages = 0
      yield* permissions
        .pages(options.checkpoint, { project_id: project, after: Option.getOrUndefined(options.after) })
        .pipe(
          Stream.runForEach(({ data }) =>
            Effect.gen(function* () {
              count += data.length
              pages += 1
              const projects = yield* readNamesOf(data.map(({ project_id }) => project_id))
              const rows = data.map(({ created_at, id, project_id }) => ({
                project: project_id,
                name: Projects.nameOf(projects, project_id),
                since: instant(created_at),
                permission: id
              }))
              if (rows.length > 0) yield* screen.printWhileRead(print(rows))
              yield* screen.progress(`list ${name}: ${pluralize(count, "permission")} on ${pluralize(pages, "page")}`)
            })
          )
        )
      // An empty table would look like a command that did nothing, and the filter may hide other permissions.
      if (count === 0) {
        const of = project === undefined ? "" : ` of ${printableLine(project)}`
        const after = Option.match(options.after, { onNone: () => "", onSome: (id) => ` after ${printableLine(id)}` })
        return yield* screen.warn(`${name} has no permissions${of}${after}`)
      }
      yield* screen.note(`${pluralize(count, "permission")} on ${pluralize(pages, "page")}`)
    }).pipe(Effect.scoped)
  )

/** @category commands */
export const list = defineCommand("list", config, run, {
  summary: "List the projects with a permission for a checkpoint.",
  details: [
    `Prints each page as it arrives: a table at a terminal, elsewhere tab-separated lines without a header. Columns: ${accessColumns.join(", ")}. Times are in UTC. With --json one line per permission, with its id.`,
    "Exits with 4 if the listing may be incomplete. The owner of a model always has access, without a permission."
  ],
  examples: {
    "list ft:gpt-4o:org:weather:B7R9VjQd": "with the key in OPENAI_ADMIN_KEY",
    "list ft:any --fake | cut -f 1": "only the ids, without key or network"
  }
})
