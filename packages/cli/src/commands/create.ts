/**
 * `checkpoint-permissions create`: gives projects access to a checkpoint.
 *
 * @since 0.1.0
 */

import { oneLine } from "@checkpoint-permissions/access/TerminalText"
import { counted } from "@checkpoint-permissions/protocol/text"
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import { described } from "../internal/help/described.ts"
import { checkpoint, json, projects } from "../internal/input/parameters.ts"
import { doubtful, unprinted } from "../internal/output/doubtful.ts"
import { rowOf, table } from "../internal/output/permissions.ts"
import { serverOptions } from "../internal/server/options.ts"
import { withPermissions } from "../internal/server/server.ts"
import { stateDir } from "../internal/state/options.ts"
import * as Screen from "../internal/terminal/screen.ts"
import { jsonLine } from "../internal/terminal/text.ts"

const config = { checkpoint, projects, json, stateDir, ...serverOptions }

const run = (options: Command.Command.ParseConfig<typeof config>) =>
  withPermissions(options, [options.checkpoint], (permissions) =>
    Effect.gen(function* () {
      const screen = yield* Screen.Screen
      const name = `create ${oneLine(options.checkpoint)}`
      yield* screen.checkRoom
      yield* screen.progress(`${name}: granting ${counted(options.projects.length, "project")}`)
      const { data } = yield* permissions
        .create(options.checkpoint, options.projects)
        .pipe(Effect.onInterrupt(doubtful(screen, name)))
      const print = (text: string) => Effect.mapError(screen.print(text), unprinted(name))
      if (options.json) return yield* print(data.map(jsonLine).join(""))
      const made = table()
      const rows = made.rows(data.map(rowOf))
      if (data.length > 0) yield* print(`${screen.out.bold(made.head().trimEnd())}\n${rows}`)
      yield* screen.note(`${counted(data.length, "permission")} on ${oneLine(options.checkpoint)}`)
    })
  )

/**
 * @category commands
 * @since 0.1.0
 */
export const create = described("create", Command.make("create", config, run), {
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
