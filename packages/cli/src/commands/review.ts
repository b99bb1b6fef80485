/**
 * `checkpoint-permissions review`: the entries of a policy that are due for a review, and their access.
 *
 * @since 0.1.0
 */

import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as AccessReview from "@checkpoint-permissions/access/AccessReview"
import * as Inventory from "@checkpoint-permissions/access/Inventory"
import { Organization } from "@checkpoint-permissions/client/Organization"
import { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { nearest } from "@checkpoint-permissions/protocol/nearest"
import { pluralize, printable, printableId } from "@checkpoint-permissions/protocol/text"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { incomplete, pending, wrongUse } from "../internal/failure.ts"
import { checkpointsOf, sourcesOf } from "../internal/input/document.ts"
import { decoded, flag, formOf, oneOf, option, optional } from "../internal/input/option.ts"
import { dueWithin, force, maxDuration, out, policyFiles, rate, serverOptions } from "../internal/input/options.ts"
import { formatOf, formats, rendered } from "../internal/output/audit.ts"
import { deliverResult, targetOf } from "../internal/output/file.ts"
import { defineCommand, type OptionsOf } from "../internal/run.ts"
import { listProjects, reportPolicies } from "../internal/server/projects.ts"
import * as Reading from "../internal/server/reading.ts"
import { type Connection, withPermissions } from "../internal/server/server.ts"
import { stoppable } from "../internal/terminal/interruption.ts"
import * as Screen from "../internal/terminal/screen.ts"

const config = {
  file: policyFiles,
  due: dueWithin,
  all: flag("all", "List every entry of the policy."),
  owner: option("owner", "project", decoded(ProjectId)).pipe(optional("Only entries with this owner in the policy.")),
  exitCode: flag("exit-code", "Exit with 3 if a listed entry is due."),
  format: option("format", "form", oneOf(formats, `unknown format: pass ${formats.join(", ")}`)).pipe(
    optional("text (at a terminal), lines (elsewhere), csv, markdown, html (one page) or json. As in audit.")
  ),
  json: flag("json", "The same as --format json."),
  out: out("Write to this file instead of standard output."),
  force,
  maxDuration,
  rate,
  ...serverOptions
}

/** Fails if no entry has the owner. */
const checkOwner = (policy: AccessPolicy.AccessPolicy, owner: string) => {
  const owners = new Set(Object.values(policy.checkpoints).flatMap((entry) => entry.owner ?? []))
  if ([...owners].some((one) => one === owner)) return Effect.void
  const meant = nearest(owner, owners)
  const hint = meant === undefined ? "" : `: did you mean ${printableId(meant)}?`
  return wrongUse(`review: no entry of the policy has the owner ${printableId(owner)}${hint}`)
}

/** Reads the checkpoints of the listed entries, and the log. Sends nothing if none is listed. */
const readEntries = Effect.fnUntraced(function* (
  policy: AccessPolicy.AccessPolicy,
  source: ReadonlyArray<AccessPolicy.Source>,
  listed: ReadonlyArray<AccessReview.Review>,
  connection: Connection,
  stop: Effect.Effect<unknown>
) {
  const checkpoints = listed.map(({ checkpoint }) => checkpoint)
  if (checkpoints.length === 0) return yield* Reading.matrixOf("review", [], {})
  const checks = Effect.zipRight(
    listProjects("review", connection),
    reportPolicies("review", connection, [{ policy, source }])
  )
  yield* Effect.raceFirst(checks, stop)
  const inventory = yield* Reading.inventoryOf("review", { keys: [], policy: undefined }, connection, {
    checkpoints,
    stop
  })
  const matrix = yield* Reading.matrixOf("review", checkpoints, { stop, sources: Inventory.sources(inventory) })
  return yield* Inventory.annotate(matrix, inventory, { stop })
})

const run = Effect.fnUntraced(function* (options: OptionsOf<typeof config>) {
  const screen = yield* Screen.Screen
  if (options.all && Option.isSome(options.due)) return yield* wrongUse("--all cannot be combined with --due")
  const isLines = screen.table.width === undefined && Option.isNone(options.out)
  const isGiven = options.json || Option.isSome(options.format)
  const byName = isGiven ? undefined : yield* formatOf(options.out)
  const format = yield* formOf(options, byName ?? (isLines ? "lines" : "text"))
  const target = yield* targetOf(options, "review file")
  const sources = yield* sourcesOf(options.file)
  const policy = yield* AccessPolicy.merge(sources)
  if (Option.isSome(options.owner)) yield* checkOwner(policy, options.owner.value)
  const ids = yield* checkpointsOf(policy)
  return yield* withPermissions(options, ids, (_, connection) =>
    stoppable("review", "printing partial results", options, (stop, signal) =>
      Effect.gen(function* () {
        yield* connection.askTime
        const now = yield* connection.time.now
        const day = DateTime.formatIsoDateUtc(now)
        const within = Option.map(options.due, (time) => DateTime.formatIsoDateUtc(DateTime.addDuration(now, time)))
        const dueBy = Option.getOrElse(within, () => day)
        for (const future of AccessReview.futureReviews(sources, day)) {
          yield* screen.warn(`review: ${printable(AccessPolicy.describe(future))}`)
        }
        const isOwned = ({ owner }: AccessReview.Review) =>
          Option.isNone(options.owner) || options.owner.value === owner
        const all = (yield* AccessReview.entries(policy, day)).filter(isOwned)
        const due = (yield* AccessReview.due(policy, day, dueBy)).filter(isOwned)
        const listed = options.all ? all : due
        const matrix = yield* readEntries(policy, sources, listed, connection, stop)
        const reviewed = AccessReview.make(matrix, { policy, listed, day, dueBy, entries: all.length })
        const unread = reviewed.rows.flatMap((row) => (row.complete ? [] : [row.reason]))
        const [reason] = unread
        const received = signal()
        const message =
          reason === undefined
            ? "review: interrupted: actors of grants may be missing"
            : `review: ${unread.length} of ${pluralize(listed.length, "checkpoint")} incomplete (${printable(reason)})`
        yield* deliverResult(target, {
          text: yield* rendered(reviewed, format, { all: false, named: [] }),
          incomplete: reason === undefined && received === undefined ? undefined : incomplete(message, received)
        })
        if (options.exitCode && due.length > 0) return yield* pending
      }).pipe(Effect.provideServiceEffect(Organization, connection.organizationLists))
    )
  )
})

/** @category commands */
export const review = defineCommand("review", config, run, {
  summary: "Show the access that is due for a review.",
  details: [
    "An entry is due from its lastReview and the policy's reviewEvery on, or immediately without lastReview. The day is the server's. Lists the most overdue first, by owner.",
    "Reads each listed checkpoint, and the audit log for actors. Marks access that only the server or only the policy has, and access that was granted since the last review. Exits with 4 if a checkpoint could not be read.",
    "Columns of lines and csv: those of audit, with owner, due_since, last_review, until, until_reason and marks before read_at."
  ],
  examples: {
    "review -f policy.yaml --due 14d": "the entries that are due within two weeks",
    "review -f policy.yaml --owner proj_a -o review.html": "a page for one owner"
  }
})
