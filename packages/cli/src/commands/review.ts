/** `checkpoint-permissions review`: the entries of a policy that are due for a review, and their access. */

import type * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as AccessReview from "@checkpoint-permissions/access/AccessReview"
import * as Inventory from "@checkpoint-permissions/access/Inventory"
import { Organization } from "@checkpoint-permissions/client/Organization"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import { printable } from "@checkpoint-permissions/protocol/text"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { incomplete, pending, wrongUse } from "../internal/command/failure.ts"
import { defineCommand, type OptionsOf } from "../internal/command/run.ts"
import { readInventory } from "../internal/input/checkpoints.ts"
import { checkpointsOf, sourcesOf } from "../internal/input/document.ts"
import { file, flag, option, optional, parsed } from "../internal/input/option.ts"
import { dueWithin, policyFiles, projectKeys } from "../internal/input/options.ts"
import { reportOwners, serverOwners } from "../internal/input/owners.ts"
import { auditOptions, outputOf, rendered, unreadText } from "../internal/output/audit.ts"
import { deliverResult } from "../internal/output/file.ts"
import { loadProjectKeys, type ProjectKey } from "../internal/server/key.ts"
import { listProjects, reportProjects } from "../internal/server/projects.ts"
import * as Reading from "../internal/server/reading.ts"
import { type Connection, withPermissions } from "../internal/server/server.ts"
import { hasStopped, stoppable } from "../internal/terminal/interruption.ts"
import * as Screen from "../internal/terminal/screen.ts"
import { parseDay } from "../internal/terminal/time.ts"

const config = {
  file: policyFiles,
  projectKeys,
  from: file("from", "Inventory of discover: its owners and its log, which are not read again."),
  due: dueWithin,
  all: flag("all", "List every entry of the policy."),
  exitCode: flag("exit-code", "Exit with 3 if an entry is due, or will be within the time of --due."),
  on: option("on", "day", parsed(parseDay, "not a day: pass one such as 2026-09-30")).pipe(
    optional("List what was due on this day, without a request.")
  ),
  ...auditOptions
}

/** Returns the row of a checkpoint that `--on` does not read. */
const unreadRow =
  (readAt: DateTime.Utc) =>
  (checkpoint: CheckpointId): AccessMatrix.Row => ({
    checkpoint,
    permissions: [],
    readAt,
    complete: false,
    reason: "not read with --on"
  })

const projectsIn = (inventory: Inventory.Inventory | undefined) => (inventory?.projects.list ?? []).map(({ id }) => id)

/** Reads the checkpoints of the listed entries, and the log, unless an inventory is given. */
const readEntries = Effect.fnUntraced(function* (
  checkpoints: ReadonlyArray<CheckpointId>,
  policy: Parameters<typeof reportProjects>[2][number],
  { given, keys }: { readonly given: Inventory.Inventory | undefined; readonly keys: ReadonlyArray<ProjectKey> },
  connection: Connection,
  stop: Effect.Effect<unknown>
) {
  const checks = Effect.zipRight(
    listProjects("review", connection),
    reportProjects("review", connection, [
      { ...policy, keys },
      { file: "--from", projects: projectsIn(given) }
    ])
  )
  yield* Effect.raceFirst(checks, stop)
  const listed = new Set<string>(checkpoints)
  const options = { checkpoints: checkpoints.map((checkpoint) => ({ checkpoint })), stop }
  const inventory = given ?? (yield* Reading.inventoryOf("review", { keys, policy: undefined }, connection, options))
  yield* reportOwners([policy.source ?? []].flat(), serverOwners(inventory.checkpoints))
  const matrix = yield* Reading.matrixOf("review", checkpoints, {
    ...{ stop, sources: Inventory.sources(inventory) },
    ...Reading.progressOf(
      inventory,
      inventory.checkpoints.filter(({ checkpoint }) => listed.has(checkpoint))
    )
  })
  return yield* Inventory.annotate(matrix, inventory, { stop })
})

const run = Effect.fnUntraced(function* (options: OptionsOf<typeof config>) {
  const screen = yield* Screen.Screen
  if (options.all && Option.isSome(options.due)) return yield* wrongUse("--all cannot be combined with --due")
  const { format, target } = yield* outputOf(options)
  const sources = yield* sourcesOf(options.file)
  const policy = yield* AccessPolicy.merge(sources)
  const keys = Option.getOrElse(yield* Effect.transposeMapOption(options.projectKeys, loadProjectKeys), () => [])
  const given = Option.getOrUndefined(yield* Effect.transposeMapOption(options.from, readInventory))
  if (given !== undefined && keys.length > 0) return yield* wrongUse("--from cannot be combined with --project-keys")
  const keyless = Option.isSome(options.on)
  return yield* withPermissions({ ...options, keyless }, yield* checkpointsOf(policy), (_, connection) =>
    stoppable("review", "printing partial results", options, (stop, signal) =>
      Effect.gen(function* () {
        const isAsked =
          keyless || (yield* Effect.raceFirst(Effect.as(connection.askTime, true), Effect.as(stop, false)))
        if (!isAsked) return yield* incomplete("review: interrupted before the server's day was known", signal())
        const now = Option.isSome(options.on) ? options.on.value : yield* connection.time.now
        const day = DateTime.formatIsoDateUtc(now)
        // no entry is due later: reviewEvery is at most 9999 days
        const within = Duration.min(
          Option.getOrElse(options.due, () => 0),
          "9999 days"
        )
        const dueBy = DateTime.formatIsoDateUtc(DateTime.addDuration(now, within))
        for (const future of AccessReview.futureReviews(sources, day)) {
          yield* screen.warn(`review: ${printable(AccessPolicy.describe(future))}`)
        }
        const all = yield* AccessReview.entries(policy, day)
        const due = all.filter(({ dueSince, isDue }) => isDue || (dueSince !== undefined && dueSince <= dueBy))
        const listed = options.all ? all : due
        const ids = listed.map(({ checkpoint }) => checkpoint)
        // nothing is sent if nothing is listed
        const matrix = yield* keyless
          ? Effect.map(Reading.matrixOf("review", [], {}), (none) => ({ ...none, rows: ids.map(unreadRow(now)) }))
          : ids.length === 0
            ? Reading.matrixOf("review", [], {})
            : readEntries(ids, { policy, source: sources }, { given, keys }, connection, stop)
        const neverDue = all.filter(({ reviewEvery }) => reviewEvery === undefined).length
        const reviewed = AccessReview.make(matrix, { sources, listed, day, dueBy, entries: all.length, neverDue })
        const received = signal()
        const reason = keyless ? undefined : unreadText(reviewed)
        const interrupted = "review: interrupted: actors of grants may be missing"
        const message = reason === undefined ? interrupted : `review: ${reason}`
        const isCut = (yield* hasStopped(stop)) && matrix.logFailure !== undefined
        const failure = reason === undefined && !isCut ? undefined : incomplete(message, received)
        const text = yield* rendered(reviewed, format, { all: false, named: [] })
        yield* deliverResult(target, { text, incomplete: failure })
        if (options.exitCode && due.length > 0) return yield* pending
      }).pipe(Effect.provideServiceEffect(Organization, connection.organizationLists))
    )
  )
})

/** @category commands */
export const review = defineCommand("review", config, run, {
  summary: "Show the access that is due for a review.",
  details: [
    "An entry is due from lastReview and reviewEvery on, of the entry or else of its file, or immediately without lastReview. The day is the server's. Lists the entries by file, in a file by owner, the most overdue first. Ends a file with the line that records its review.",
    "Reads each listed checkpoint, and the audit log for actors. Marks access that only one of server and policy has, or that is new.",
    "Columns of lines and csv: those of audit, with file, owner, due, due_since, last_review, until, until_reason and marks before read_at."
  ],
  examples: {
    "review -f access/ --due 14d": "the entries that are due within two weeks",
    "review -f access/ -o review.html": "a page",
    "review -f access/ --on 2026-09-30 --all": "what was due then, without a request"
  }
})
