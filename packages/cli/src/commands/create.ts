/**
 * `checkpoint-permissions create`: gives projects access to a checkpoint.
 *
 * @since 0.1.0
 */

import { oneLine } from "@checkpoint-permissions/access/TerminalText"
import { counted } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import { described, type Given } from "../internal/help/described.ts"
import { checkpoint, json, projects } from "../internal/input/parameters.ts"
import { printer } from "../internal/output/permissions.ts"
import { serverOptions } from "../internal/server/options.ts"
import { withPermissions } from "../internal/server/server.ts"
import { write } from "../internal/server/write.ts"
import * as Screen from "../internal/terminal/screen.ts"

const config = { checkpoint, projects, json, ...serverOptions }

const run = (options: Given<typeof config>) =>
  withPermissions(options, [options.checkpoint], (permissions) =>
    Effect.gen(function* () {
      const screen = yield* Screen.Screen
      const { checkpoint, json, projects } = options
      const { data } = yield* write({
        command: "create",
        checkpoint,
        doing: `granting ${counted(projects.length, "project")}`,
        send: permissions.create(checkpoint, projects),
        print: ({ data }) => screen.print(printer(json, screen.out.bold)(data))
      })
      if (!json) yield* screen.note(`${counted(data.length, "permission")} on ${oneLine(checkpoint)}`)
    })
  )

/** @category commands */
export const create = described("create", config, run, {
  summary: "Give projects access to a checkpoint, in one request.",
  details: [
    "Prints the permissions that were made, as list does. Sent again only when the server certainly did nothing; after any other failure list shows what is true."
  ],
  examples: [
    {
      line: "checkpoint-permissions create ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd proj_a proj_b",
      does: "two projects at once"
    }
  ]
})
