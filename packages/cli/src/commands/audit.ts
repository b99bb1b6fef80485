/** `checkpoint-permissions audit`: the projects that can use each checkpoint. */

import * as Inventory from "@checkpoint-permissions/access/Inventory"
import { Organization } from "@checkpoint-permissions/client/Organization"
import { pluralize, printable } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isNotUndefined } from "effect/Predicate"
import { incomplete } from "../internal/command/failure.ts"
import { defineCommand, type OptionsOf } from "../internal/command/run.ts"
import { checkpointsIn, readFiles } from "../internal/input/checkpoints.ts"
import { flag } from "../internal/input/option.ts"
import { checkpoints, from, project, retiring, sourceOptions } from "../internal/input/options.ts"
import { reportOwners, serverOwners } from "../internal/input/owners.ts"
import { auditOptions, outputOf, rendered, unreadText } from "../internal/output/audit.ts"
import { deliverResult } from "../internal/output/file.ts"
import { filterProject, listProjects, reportProjects, reportUnchecked } from "../internal/server/projects.ts"
import * as Reading from "../internal/server/reading.ts"
import { withPermissions } from "../internal/server/server.ts"
import { hasStopped, stoppable } from "../internal/terminal/interruption.ts"
import * as Screen from "../internal/terminal/screen.ts"

const config = {
  checkpoints,
  from,
  ...sourceOptions,
  project: project("Only the access of this project."),
  retiring,
  all: flag("all", "Show projects without access too."),
  ...auditOptions
}

const run = Effect.fnUntraced(function* (options: OptionsOf<typeof config>) {
  const screen = yield* Screen.Screen
  const { format, target } = yield* outputOf(options)
  const sources = yield* Reading.loadSources(options)
  const isNamed = options.checkpoints.length > 0 || options.from.length > 0
  const files = yield* readFiles(options.from)
  const listed = files.flatMap((one) => one.named)
  const policies = [...(sources.source ?? []), ...files.flatMap(({ source }) => source ?? [])]
  const named = isNamed ? yield* checkpointsIn(options.checkpoints, listed) : []

  return yield* withPermissions(options, named, (_, connection) =>
    stoppable("audit", "printing partial results", options, (stop, signal) =>
      Effect.gen(function* () {
        const checks = Effect.gen(function* () {
          yield* listProjects("audit", connection)
          yield* reportProjects("audit", connection, [sources, ...files])
          return yield* filterProject("audit", connection, options.project)
        })
        const filter = yield* Effect.raceFirst(checks, Effect.as(stop, undefined))
        const inventory = yield* Reading.inventoryOf("audit", sources, connection, {
          log: options.checkpoints.length === 0 || options.from.length > 0,
          checkpoints: [...named.map((checkpoint) => ({ checkpoint })), ...listed],
          stop
        })
        yield* reportOwners(policies, serverOwners(inventory.checkpoints))
        const found = new Map(inventory.checkpoints.map((one) => [one.checkpoint, one]))
        const known = isNamed ? named.flatMap((id) => found.get(id) ?? []) : inventory.checkpoints
        if (known.length === 0) {
          const message = (yield* hasStopped(stop))
            ? "audit: interrupted before a checkpoint was known"
            : `audit: ${Reading.nothingKnown(inventory)}`
          return yield* incomplete(message, signal())
        }
        yield* reportUnchecked(connection, screen)
        const { checkpoints, undated } = yield* Reading.retiringWithin(known, options.retiring)
        if (undated > 0) {
          yield* screen.warn(`audit: ${pluralize(undated, "checkpoint")} skipped: retirement date unknown`)
        }
        const ids = checkpoints.map(({ checkpoint }) => checkpoint)
        const matrix = yield* Reading.matrixOf("audit", ids, {
          stop,
          project: filter?.project,
          ...(filter === undefined ? Reading.progressOf(inventory, checkpoints) : {}),
          sources: isNamed ? "named by arguments or --from" : Inventory.sources(inventory)
        }).pipe(Effect.flatMap((read) => Inventory.annotate(read, inventory, { stop })))
        const reasons = [
          unreadText(matrix),
          // the named checkpoints are all there, also without the log
          Reading.incompleteOf(isNamed ? { ...inventory, log: null } : inventory),
          (yield* hasStopped(stop)) && matrix.logFailure !== undefined
            ? `actors of grants may be missing: ${printable(matrix.logFailure)}`
            : undefined
        ].filter(isNotUndefined)
        if (Option.isSome(target)) yield* screen.note(`audit: format ${format}`)
        yield* deliverResult(target, {
          text: yield* rendered(matrix, format, { all: options.all, named }),
          incomplete: reasons.length === 0 ? undefined : incomplete(`audit: ${reasons.join("; ")}`, signal())
        })
      }).pipe(Effect.provideServiceEffect(Organization, connection.organizationLists))
    )
  )
})

/** @category commands */
export const audit = defineCommand("audit", config, run, {
  explainsShared: ["--project-keys"],
  usage: "[<checkpoint> …] [options]",
  summary: "Show which projects can use each checkpoint.",
  details: [
    "Without arguments and --from, it reads every checkpoint in the audit log, --project-keys or --file. A read-only key is enough. It exits with 4 if access is unknown. Ctrl-C and --max-duration print partial results.",
    "Columns of lines and csv: checkpoint, project, name, access, since, permissions, granted_by, retires, reason, read_at. Lines have no header. Times in UTC."
  ],
  examples: {
    "audit --project-keys keys -o audit.html": "an HTML page of every known checkpoint, with owners",
    "audit --project proj_a": "the checkpoints that one project can use",
    "audit --from models.json": "the checkpoints in a reply of GET /models"
  }
})
