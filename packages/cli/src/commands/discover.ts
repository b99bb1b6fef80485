/** `checkpoint-permissions discover`: the projects and checkpoints of an organization. */

import * as Inventory from "@checkpoint-permissions/access/Inventory"
import { pluralize } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import { failed, incomplete } from "../internal/command/failure.ts"
import { defineCommand, type OptionsOf } from "../internal/command/run.ts"
import { checkpointsIn, readFiles } from "../internal/input/checkpoints.ts"
import { flag } from "../internal/input/option.ts"
import {
  force,
  from,
  maxDuration,
  out,
  rate,
  retiring,
  serverOptions,
  sourceOptions
} from "../internal/input/options.ts"
import { reportOwners, serverOwners } from "../internal/input/owners.ts"
import { deliverResult, targetOf } from "../internal/output/file.ts"
import { reportProjects } from "../internal/server/projects.ts"
import { incompleteOf, inventoryOf, loadSources, retiringWithin } from "../internal/server/reading.ts"
import { withPermissions } from "../internal/server/server.ts"
import { hasStopped, stoppable } from "../internal/terminal/interruption.ts"
import * as Screen from "../internal/terminal/screen.ts"

const config = {
  from,
  ...sourceOptions,
  retiring,
  json: flag("json", "Print the inventory as JSON."),
  out: out("Save the inventory as JSON in this file.", "an existing inventory"),
  force,
  maxDuration,
  rate,
  ...serverOptions
}

const run = Effect.fnUntraced(function* (options: OptionsOf<typeof config>) {
  const screen = yield* Screen.Screen
  const target = yield* targetOf(options, "inventory file", "inventory")
  const sources = yield* loadSources(options)
  const files = yield* readFiles(options.from)
  const listed = files.flatMap(({ named }) => named)
  const policies = [...(sources.source ?? []), ...files.flatMap(({ source }) => source ?? [])]
  const named = options.from.length === 0 ? [] : yield* checkpointsIn([], listed)
  return yield* withPermissions(options, named, (_, connection) =>
    stoppable("discover", "printing partial results", options, (stop, signal) =>
      Effect.gen(function* () {
        yield* Effect.raceFirst(reportProjects("discover", connection, [sources, ...files]), stop)
        const inventory = yield* inventoryOf("discover", sources, connection, { checkpoints: listed, stop })
        yield* reportOwners(policies, serverOwners(inventory.checkpoints))
        const { log, projects } = inventory
        const isStopped = yield* hasStopped(stop)
        if (!isStopped && projects.failure !== null && log?.failure != null && inventory.checkpoints.length === 0) {
          return yield* failed(`discover: nothing could be read: ${projects.failure}`)
        }
        const { checkpoints, undated } = yield* retiringWithin(inventory.checkpoints, options.retiring)
        const table = { checkpoints, width: screen.table.width }
        const isTable = screen.table.width !== undefined && !options.json
        if (!isTable) {
          yield* screen.warn(`${pluralize(checkpoints.length, "checkpoint")}: ${Inventory.sources(inventory)}`)
        }
        if (undated > 0) {
          yield* screen.warn(`discover: ${pluralize(undated, "checkpoint")} not shown: retirement date unknown`)
        }
        const reason = incompleteOf(inventory) ?? (isStopped ? "names of keys may be missing" : undefined)
        const text = Inventory.toJson(inventory)
        const lines = isTable ? Inventory.toTable(inventory, table) : Inventory.toLines(inventory, table)
        yield* deliverResult(target, {
          text,
          shown: options.json ? text : lines,
          incomplete: reason === undefined ? undefined : incomplete(`discover: ${reason}`, signal())
        })
      })
    )
  )
})

/** @category commands */
export const discover = defineCommand("discover", config, run, {
  explainsShared: ["--project-keys"],
  summary: "List the projects and checkpoints of the organization.",
  details: [
    "Lists no permissions. The admin key finds projects, and the checkpoints in the audit log. Project keys find jobs, checkpoints, owners and retirement dates. No key is printed or saved. Exits with 4 if the log or a key could not be used. Ctrl-C and --max-duration print partial results.",
    "In a pipe it prints tab-separated lines: checkpoint, owner, projects with a grant in the log, retires, known by, base model."
  ],
  examples: {
    "discover --project-keys keys": "projects, checkpoints and owners",
    "discover --project-keys keys --retiring 90d": "models that retire soon"
  }
})
