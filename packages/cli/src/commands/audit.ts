/**
 * `checkpoint-permissions audit`: who can use what.
 *
 * @since 0.1.0
 */
import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import { pluralize, printable } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Signal } from "../internal/exitCode.ts"
import { incomplete, Stopped, wrongUse } from "../internal/failure.ts"
import { listOfAudit, warnOfStranger } from "../internal/input/checkpoints.ts"
import {
  checkpoints,
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
import { deliverResult, targetOf } from "../internal/output/file.ts"
import { warnOfLookalikes } from "../internal/output/lookalikes.ts"
import { described, type Given } from "../internal/run.ts"
import { matrixOf } from "../internal/server/reading.ts"
import { rate, serverOptions, withPermissions } from "../internal/server/server.ts"
import { stoppable } from "../internal/terminal/interruption.ts"
import * as Screen from "../internal/terminal/screen.ts"

const config = {
  checkpoints,
  from: fromOrSaved,
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
  const finish = Effect.fnUntraced(function* (matrix: AccessMatrix.AccessMatrix, signal: Signal | undefined) {
    yield* warnOfLookalikes([...AccessMatrix.projects(matrix), ...matrix.rows.map(({ checkpoint }) => checkpoint)])
    const text = yield* rendered(matrix, format, options.title)
    const { checkpoints, incomplete: unread } = AccessMatrix.counts(matrix)
    const unknown = matrix.rows.find((row) => !row.complete)
    const message = `audit: ${unread} of ${pluralize(checkpoints, "checkpoint")} ${unread === 1 ? "is" : "are"} unknown, wholly or in part${unknown?.complete === false ? ` (${unknown.reason})` : ""}`
    yield* deliverResult(target, {
      text,
      incomplete: signal !== undefined ? new Stopped({ message, signal }) : unread > 0 ? incomplete(message) : undefined
    })
  })

  const from = yield* documents.savedOrGiven("audit", options, firstGiven(options, "maxDuration"))
  if ("saved" in from) {
    const { name, saved } = from
    yield* warnOfStranger(options.project, [listOfAudit(name, saved)])
    const about = Option.map(options.project, (project) => AccessMatrix.aboutProject(saved, project))
    const answer = Option.getOrElse(about, () => saved)
    if (answer === undefined) {
      const asked = printable(saved.project ?? "")
      return yield* wrongUse(`the audit asked about project ${asked} only: leave out --project`)
    }
    return yield* finish(answer, undefined)
  }
  const { given } = from
  const screen = yield* Screen.Screen
  return yield* withPermissions(options, given.checkpoints, () =>
    stoppable(
      options,
      (why) => screen.complain(`audit: ${why}: stops, and shows what was read`),
      (stop, signal) =>
        Effect.gen(function* () {
          yield* warnOfStranger(options.project, given.lists ?? [])
          const project = Option.getOrUndefined(options.project)
          const matrix = yield* matrixOf("audit", given, { stop, project })
          yield* finish(matrix, signal())
        })
    )
  )
})

/** @category commands */
export const audit = described("audit", config, run, {
  summary: "Show who can use what: checkpoints × projects.",
  details: [
    "What cannot be read is unknown, never no access: then it exits with 4. A key that may only list is enough. Ctrl-C and --max-duration show what was read by then.",
    "--from says what it found: a saved audit is shown as it is, also about one --project, without a server."
  ],
  examples: {
    "audit --from policy.yaml --format html -o audit.html": "a page about every checkpoint of a policy, with names",
    "audit --from all.json --format html -o audit.html": "a page about all that discover found, with owners",
    "audit --from audit.json --format csv-list": "a saved audit again, with a line for each grant",
    "audit --from models.json --project proj_a": "which of the models that GET /models answered one project may use"
  }
})
