/**
 * `checkpoint-permissions api list`: one page of the permissions of a checkpoint.
 *
 * @since 0.1.0
 */

import { oneLine } from "@checkpoint-permissions/access/TerminalText"
import * as Permission from "@checkpoint-permissions/core/Permission"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { described, type Given } from "../../internal/help/described.ts"
import { decoded, flag, integer, option, optional } from "../../internal/input/option.ts"
import { after, checkpoint, project } from "../../internal/input/parameters.ts"
import { printer } from "../../internal/output/permissions.ts"
import { serverOptions } from "../../internal/server/options.ts"
import { withPermissions } from "../../internal/server/server.ts"
import * as Screen from "../../internal/terminal/screen.ts"
import { jsonLine } from "../../internal/terminal/text.ts"

/** Digits as the number they are; anything else stays as it is, to be refused. */
const digits = (text: string): unknown => integer({})(text) ?? text

const config = {
  checkpoint,
  project: project("Only permissions of this project."),
  after: after("The page behind this permission."),
  order: option("order", "order", decoded(Permission.Order)).pipe(
    optional("ascending (oldest first) or descending, which is the server's own.")
  ),
  limit: option("limit", "number", decoded(Permission.Limit, digits)).pipe(
    optional("At most so many permissions. The server's own is 10.")
  ),
  json: flag("json", "Print the page as the API answers it."),
  ...serverOptions
}

const run = (options: Given<typeof config>) =>
  withPermissions(options, [options.checkpoint], (permissions) =>
    Effect.gen(function* () {
      const screen = yield* Screen.Screen
      const name = oneLine(options.checkpoint)
      yield* screen.progress(`api list ${name}: asking`)
      const page = yield* permissions.list(options.checkpoint, {
        project_id: Option.getOrUndefined(options.project),
        after: Option.getOrUndefined(options.after),
        order: Option.getOrUndefined(options.order),
        limit: Option.getOrUndefined(options.limit)
      })
      if (options.json) return yield* screen.print(jsonLine(page))
      yield* screen.print(printer(false, screen.out.bold)(page.data))
      const last = page.data.at(-1)
      if (last === undefined) yield* screen.complain(`${name} has no permissions on this page`)
      if (page.has_more) {
        yield* screen.complain(
          `there are more${last === undefined ? "" : `: pass --after ${oneLine(last.id)}`}, or list, which asks for all pages`
        )
      }
    })
  )

/** @category commands */
export const listPage = described("api list", config, run, {
  summary: "GET one page of the permissions of a checkpoint.",
  examples: {
    "api list ft:gpt-4o:org:weather:B7R9VjQd --limit 100": "the newest hundred"
  }
})
