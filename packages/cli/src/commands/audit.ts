/**
 * `checkpoint-permissions audit`: who can use what.
 *
 * @since 0.1.0
 */

import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as Inventory from "@checkpoint-permissions/access/Inventory"
import { printable } from "@checkpoint-permissions/access/TerminalText"
import { counted } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Signal } from "../internal/exitCode.ts"
import { incomplete, Stopped, wrongUse } from "../internal/failure.ts"
import { given, listOfAudit, listOfInventory, ofInventory, warnOfStranger } from "../internal/input/checkpoints.ts"
import {
  checkpoints,
  file,
  firstGiven,
  flag,
  force,
  formOf,
  fromOrSaved,
  maxDuration,
  oneOf,
  option,
  optional,
  out,
  project,
  text
} from "../internal/input/option.ts"
import * as documents from "../internal/input/saved.ts"
import { formats, rendered } from "../internal/output/audit.ts"
import { deliver, targetOf } from "../internal/output/file.ts"
import { warnOfLookalikes } from "../internal/output/lookalikes.ts"
import { resume, resumeOptions } from "../internal/resume/resume.ts"
import { described, type Given } from "../internal/run.ts"
import { againOf, matrixOf } from "../internal/server/reading.ts"
import { rate, serverOptions, withPermissions } from "../internal/server/server.ts"
import { stoppable } from "../internal/terminal/interruption.ts"
import * as Screen from "../internal/terminal/screen.ts"

const config = {
  checkpoints,
  from: fromOrSaved,
  inventory: documents.inventoryOption,
  previous: file(
    "previous",
    "An earlier audit, as JSON: reads of it what has events in the audit log since, and its oldest rows."
  ),
  journal: documents.oursOptions.journal,
  project: project("Only whether this project has access."),
  format: option(
    "format",
    "form",
    oneOf(formats, "no format of an audit: pass table, list, csv, csv-list, json or html")
  ).pipe(
    optional(
      "table (the default), csv, json, html (one page that works from disk), or with a line for each grant: list, csv-list."
    )
  ),
  json: flag("json", "The same as --format json."),
  title: text("title", "text").pipe(optional("What stands above the page of --format html.")),
  out: out(
    "Write it here instead of to standard output.",
    "An audit that is there (JSON, CSV, page) is written over, another file with --force only."
  ),
  force,
  maxDuration,
  ...resumeOptions,
  rate,
  ...serverOptions
}

type AuditOptions = Given<typeof config>

const run = Effect.fnUntraced(function* (options: AuditOptions) {
  const format = yield* formOf(options, "table")
  if (Option.isSome(options.title) && format !== "html") {
    return yield* wrongUse("--title is for the page: pass --format html too")
  }
  const target = yield* targetOf(options, "audit file", "audit", "csv", "page")
  const inventory = yield* documents.loadInventory(options.inventory)
  const finish = Effect.fnUntraced(function* (found: AccessMatrix.AccessMatrix, signal: Signal | undefined) {
    const matrix = Option.isSome(inventory) ? Inventory.annotate(found, inventory.value) : found
    if (Option.isSome(inventory)) {
      const shown = new Set(matrix.rows.map(({ checkpoint }) => checkpoint))
      const known = inventory.value.checkpoints.filter(({ checkpoint }) => shown.has(checkpoint))
      yield* Effect.forEach(Inventory.undated(known), Screen.complain)
    }
    yield* warnOfLookalikes([...AccessMatrix.projects(matrix), ...matrix.rows.map(({ checkpoint }) => checkpoint)])
    yield* deliver(target, yield* rendered(matrix, format, options.title))
    const { checkpoints, incomplete: unread } = AccessMatrix.counts(matrix)
    const unknown = matrix.rows.find((row) => !row.complete)
    const message = `audit: ${unread} of ${counted(checkpoints, "checkpoint")} ${unread === 1 ? "is" : "are"} unknown, wholly or in part${unknown?.complete === false ? ` (${unknown.reason})` : ""}`
    if (signal !== undefined) return yield* new Stopped({ message, signal })
    if (unread > 0) return yield* incomplete(message)
  })

  const named = options.checkpoints.length + options.from.length > 0
  const from = named
    ? yield* documents.savedOrGiven(
        "audit",
        options,
        firstGiven(options, "previous", "resume", "maxAge", "maxDuration")
      )
    : undefined
  if (from !== undefined && "saved" in from) {
    const { name, saved } = from
    yield* warnOfStranger(options.project, [
      listOfAudit(name, saved),
      ...Option.toArray(Option.zipWith(options.inventory, inventory, listOfInventory))
    ])
    const about = Option.map(options.project, (project) => AccessMatrix.aboutProject(saved, project))
    const answer = Option.getOrElse(about, () => saved)
    if (answer === undefined) {
      const asked = printable(saved.project ?? "")
      return yield* wrongUse(`the audit asked about project ${asked} only: leave out --project`)
    }
    return yield* finish(answer, undefined)
  }
  if (Option.isSome(options.previous)) {
    const wrong = firstGiven(options, "project", "resume", "maxAge")
    if (wrong !== undefined) return yield* wrongUse(`${wrong} does not go with --previous: leave out one`)
    const previous = yield* documents.loadAudit(options.previous.value)
    const journal = yield* documents.loadJournals(options.journal)
    const more = from?.given ?? Option.getOrElse(Option.map(inventory, ofInventory), () => ({ checkpoints: [] }))
    return yield* withPermissions(options, more.checkpoints, (_, connection) =>
      Effect.flatMap(
        againOf("audit", options, connection, previous, {
          ...more,
          journal,
          inventories: Option.toArray(inventory)
        }),
        ({ matrix, signal }) => finish(matrix, signal)
      )
    )
  }
  const all = from?.given ?? (yield* given([], Option.toArray(options.inventory)))
  const { checkpoints } = all
  return yield* withPermissions(options, checkpoints, ({ server }, connection) =>
    Effect.gen(function* () {
      const project = Option.getOrUndefined(options.project)
      const asked = { ...server, ...(project === undefined ? {} : { project }) }
      const resumed = yield* resume("audit", options, asked, checkpoints)
      const { complain } = yield* Screen.Screen
      const tell = (why: string) => complain(`audit: ${why}: stops, and shows what was read; ${resumed.advice}`)
      yield* stoppable(options, tell, (stop, signal) =>
        Effect.gen(function* () {
          if (Option.isNone(inventory)) yield* warnOfStranger(options.project, all.lists ?? [])
          else {
            const known = yield* documents.checkIsOf(inventory.value, connection)
            const ids = known.map(({ id }) => id)
            const [stranger] = Inventory.strangers(Option.toArray(options.project), ids, "this organization")
            if (stranger !== undefined) return yield* wrongUse(stranger)
          }
          const matrix = yield* matrixOf("audit", all, { stop, project }, resumed)
          yield* finish(matrix, signal())
        })
      )
    }).pipe(Effect.scoped)
  )
})

/** @category commands */
export const audit = described("audit", config, run, {
  summary: "Show who can use what: checkpoints × projects.",
  details: [
    "What cannot be read is unknown, never no access: then it exits with 4. A key that may only list is enough. Ctrl-C and --max-duration show what was read by then. With --resume, an audit that is cut short or killed is gone on with.",
    "--from says what it found: a saved audit is shown as it is, also about one --project, without a server."
  ],
  examples: {
    "audit --from policy.yaml --format html -o audit.html": "a page about every checkpoint of a policy, with names",
    "audit --inventory all.json --format html -o audit.html":
      "a page about all that discover found, with owners and who granted what",
    "audit --from audit.json --format csv-list": "a saved audit again, with a line for each grant",
    "audit --from models.json --project proj_a": "which of the models that GET /models answered one project may use"
  }
})
