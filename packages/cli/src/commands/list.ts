/**
 * `checkpoint-permissions list`: all permissions of a checkpoint.
 *
 * @since 0.1.0
 */

import { oneLine } from "@checkpoint-permissions/access/TerminalText"
import { pluralize } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { after, checkpoint, json, project } from "../internal/input/option.ts"
import { printer } from "../internal/output/permissions.ts"
import { described, type Given } from "../internal/run.ts"
import { serverOptions, withPermissions } from "../internal/server/server.ts"
import * as Screen from "../internal/terminal/screen.ts"

const config = {
  checkpoint,
  project: project("Only permissions of this project."),
  after: after("Go on with a listing that stopped at this permission."),
  json,
  ...serverOptions
}

const run = (options: Given<typeof config>) =>
  withPermissions(options, [options.checkpoint], (permissions) =>
    Effect.gen(function* () {
      const screen = yield* Screen.Screen
      const print = printer(options.json, screen.out.bold)
      const name = oneLine(options.checkpoint)
      let count = 0
      let pages = 0
      yield* screen.checkRoom
      yield* screen.progress(`list ${name}: asking for the first page`)
      yield* permissions
        .pages(options.checkpoint, {
          project_id: Option.getOrUndefined(options.project),
          after: Option.getOrUndefined(options.after)
        })
        .pipe(
          Stream.runForEach((page) => {
            count += page.data.length
            pages += 1
            return Effect.zipRight(
              page.data.length === 0 ? Effect.void : screen.printWhileRead(print(page.data)),
              screen.progress(`list ${name}: ${pluralize(count, "permission")} on ${pluralize(pages, "page")}`)
            )
          })
        )
      // A table without rows must not pass for a command that did nothing.
      if (count === 0 && !options.json) return yield* screen.complain(`${name} has no permissions`)
      yield* screen.note(`${pluralize(count, "permission")} on ${pluralize(pages, "page")}`)
    })
  )

/** @category commands */
export const list = described("list", config, run, {
  summary: "List the projects that may use a checkpoint.",
  details: [
    "Prints all pages, as they come, as a table; with --json one permission a line: id, object, created_at (Unix seconds), project_id. Exits with 4 if the listing cannot be trusted to be whole."
  ],
  examples: {
    "list ft:gpt-4o:org:weather:B7R9VjQd": "with the key in OPENAI_ADMIN_KEY",
    "list ft:any --fake --json | head -3": "without key or network"
  }
})
