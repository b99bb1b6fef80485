/**
 * `checkpoint-permissions delete`: takes one permission away.
 *
 * @since 0.1.0
 */

import { oneLine } from "@checkpoint-permissions/access/TerminalText"
import * as Effect from "effect/Effect"
import { Failed } from "../internal/failure.ts"
import { described, type Given } from "../internal/help/described.ts"
import { checkpoint, json, permission } from "../internal/input/parameters.ts"
import { serverOptions } from "../internal/server/options.ts"
import { withPermissions } from "../internal/server/server.ts"
import { write } from "../internal/server/write.ts"
import * as Screen from "../internal/terminal/screen.ts"
import { jsonLine } from "../internal/terminal/text.ts"

const config = { checkpoint, permission, json, ...serverOptions }

const run = (options: Given<typeof config>) =>
  withPermissions(options, [options.checkpoint], (permissions) =>
    Effect.gen(function* () {
      const screen = yield* Screen.Screen
      const id = oneLine(options.permission)
      const reply = yield* write({
        command: "delete",
        checkpoint: options.checkpoint,
        doing: `taking ${id} away`,
        send: permissions.delete(options.checkpoint, options.permission),
        print: (reply) =>
          reply.deleted ? screen.print(options.json ? jsonLine(reply) : `deleted ${id}\n`) : Effect.void
      })
      if (!reply.deleted) {
        if (options.json) yield* screen.print(jsonLine(reply))
        return yield* new Failed({
          message: `delete ${oneLine(options.checkpoint)}: the server has not deleted ${id}: list shows whether it is there`
        })
      }
    })
  )

/** @category commands */
export const remove = described("delete", config, run, {
  summary: "Take one permission away, by its id.",
  details: ["With --json prints what the server answers: id, object, deleted."],
  examples: [
    {
      line: "checkpoint-permissions delete ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd cp_zc4Q7MP6XxulcVzj4MZdwsAB",
      does: "list shows the ids"
    }
  ]
})
