/**
 * `checkpoint-permissions api delete`: takes one permission away.
 *
 * @since 0.1.0
 */

import { oneLine } from "@checkpoint-permissions/access/TerminalText"
import * as Effect from "effect/Effect"
import { write } from "../../internal/apply/write.ts"
import { failed } from "../../internal/failure.ts"
import { described, type Given } from "../../internal/help/described.ts"
import { checkpoint, dryRun, json, permission } from "../../internal/input/parameters.ts"
import { serverOptions } from "../../internal/server/options.ts"
import { showRequest, table } from "../../internal/server/request.ts"
import { withPermissions } from "../../internal/server/server.ts"
import * as Screen from "../../internal/terminal/screen.ts"
import { jsonLine } from "../../internal/terminal/text.ts"

const config = { checkpoint, permission, dryRun: dryRun("Show the request"), json, ...serverOptions }

const send = (options: Given<typeof config>) =>
  withPermissions(options, [options.checkpoint], (permissions) =>
    Effect.gen(function* () {
      const screen = yield* Screen.Screen
      const id = oneLine(options.permission)
      const reply = yield* write({
        command: "api delete",
        checkpoint: options.checkpoint,
        doing: `taking ${id} away`,
        send: permissions.delete(options.checkpoint, options.permission),
        print: (reply) =>
          reply.deleted ? screen.print(options.json ? jsonLine(reply) : `deleted ${id}\n`) : Effect.void
      })
      if (!reply.deleted) {
        if (options.json) yield* screen.print(jsonLine(reply))
        return yield* failed(
          `api delete ${oneLine(options.checkpoint)}: the server has not deleted ${id}: list shows whether it is there`
        )
      }
    })
  )

const run = (options: Given<typeof config>) =>
  options.dryRun ? showRequest(options, table.delete(options)) : send(options)

/** @category commands */
export const remove = described("api delete", config, run, {
  summary: "DELETE one permission, by its id.",
  details: [
    "With --json prints what the server answers: id, object, deleted. revoke takes projects, and can be repeated."
  ],
  examples: {
    "api delete ft:gpt-4o:org:weather:B7R9VjQd cp_zc4Q7MP6Xx": "list shows the ids"
  }
})
