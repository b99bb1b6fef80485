/** `checkpoint-permissions doctor`: a read-only check of key and server before the first use. */

import * as ClientOptions from "@checkpoint-permissions/protocol/options"
import { printable } from "@checkpoint-permissions/protocol/text"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { failed, incomplete, pending } from "../internal/command/failure.ts"
import { defineCommand, type OptionsOf } from "../internal/command/run.ts"
import { ask } from "../internal/doctor/ask.ts"
import { exitCodeOf, incompleteOf, type Report, rowsOf, toJson, toText } from "../internal/doctor/checks.ts"
import { flag, optionalArgument } from "../internal/input/option.ts"
import { checkpoint, projectKeys, serverOptions } from "../internal/input/options.ts"
import { loadProjectKeys } from "../internal/server/key.ts"
import { withPermissions } from "../internal/server/server.ts"
import * as Screen from "../internal/terminal/screen.ts"

const config = {
  checkpoint: optionalArgument(checkpoint),
  projectKeys,
  showIds: flag("show-ids", "Show ids in the details."),
  json: flag("json", "Print the report as JSON."),
  ...serverOptions
}

const run = Effect.fnUntraced(function* (options: OptionsOf<typeof config>) {
  const screen = yield* Screen.Screen
  const checkpoint = Option.getOrUndefined(options.checkpoint)
  const keys = Option.isSome(options.projectKeys) ? yield* loadProjectKeys(options.projectKeys.value) : []
  yield* withPermissions(options, Option.toArray(options.checkpoint), (permissions, connection) =>
    Effect.gen(function* () {
      const { apiUrl } = connection
      const { host } = new URL(apiUrl)
      if (!options.fake && ClientOptions.foreignHost(apiUrl) === undefined) {
        yield* screen.warn(`the admin key is sent to ${host}`)
      }
      yield* screen.progress("doctor: at most 7 requests")
      const { keyOf, problem, replies, requests } = yield* ask(checkpoint, permissions.httpClient, connection, keys)
      yield* screen.clear
      if (keyOf !== undefined) {
        yield* screen.warn(`the key of ${options.showIds ? printable(keyOf) : "one project"} was sent to ${host}`)
      }
      const rows = rowsOf(replies, checkpoint, options.showIds)
      const report: Report = {
        format: "checkpoint-permissions/doctor",
        version: 1,
        createdAt: yield* DateTime.now,
        requests,
        exitCode: problem === undefined ? exitCodeOf(replies, rows) : 1,
        rows
      }
      if (options.json) yield* screen.print(toJson(report))
      else if (problem === undefined) yield* screen.print(toText(report, screen.out))
      if (problem !== undefined) return yield* failed(`doctor: ${problem}`)
      if (report.exitCode === 3) return yield* pending
      if (report.exitCode === 4) return yield* incomplete(`doctor: ${incompleteOf(replies, apiUrl)}`)
    })
  )
})

/** @category commands */
export const doctor = defineCommand("doctor", config, run, {
  summary: "Check the key and the server with a few reads.",
  usage: "[<checkpoint>] [options]",
  details: [
    `Sends at most 7 GETs within 50 seconds and changes nothing. Without a checkpoint, permissions are not checked. The report has no ids, names or keys, so you can paste it into an issue.`,
    "Exit code 1: the key or the network failed. 3: the server differs; do not apply. 4: a request got no usable answer."
  ],
  examples: {
    "doctor ft:gpt-4o:org:weather:B7R9VjQd": "best: a checkpoint with many permissions",
    "doctor --json": "for an issue"
  }
})
