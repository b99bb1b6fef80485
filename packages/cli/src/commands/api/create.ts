/**
 * `checkpoint-permissions api create`: gives projects access to a checkpoint.
 *
 * @since 0.1.0
 */

import { oneLine } from "@checkpoint-permissions/access/TerminalText"
import { counted } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import { write } from "../../internal/apply/write.ts"
import { described, type Given } from "../../internal/help/described.ts"
import { checkpoint, dryRun, json, projects } from "../../internal/input/parameters.ts"
import { printer } from "../../internal/output/permissions.ts"
import { serverOptions } from "../../internal/server/options.ts"
import { showRequest, table } from "../../internal/server/request.ts"
import { withPermissions } from "../../internal/server/server.ts"
import * as Screen from "../../internal/terminal/screen.ts"

const config = { checkpoint, projects, dryRun: dryRun("Show the request"), json, ...serverOptions }

const send = (options: Given<typeof config>) =>
  withPermissions(options, [options.checkpoint], (permissions) =>
    Effect.gen(function* () {
      const screen = yield* Screen.Screen
      const { checkpoint, json, projects } = options
      const { data } = yield* write({
        command: "api create",
        checkpoint,
        doing: `granting ${counted(projects.length, "project")}`,
        send: permissions.create(checkpoint, projects),
        print: ({ data }) => screen.print(printer(json, screen.out.bold)(data))
      })
      if (!json) yield* screen.note(`${counted(data.length, "permission")} on ${oneLine(checkpoint)}`)
    })
  )

const run = (options: Given<typeof config>) =>
  options.dryRun ? showRequest(options, table.create({ ...options, projectIds: options.projects })) : send(options)

/** @category commands */
export const create = described("api create", config, run, {
  summary: "POST projects that get access to a checkpoint.",
  details: [
    "Prints the permissions that were made, as list does. Sent again only when the server certainly did nothing; after any other failure list shows what is true. grant looks first, and can be repeated."
  ],
  examples: {
    "api create ft:gpt-4o:org:weather:B7R9VjQd proj_a proj_b": "two projects at once"
  }
})
