/**
 * `checkpoint-permissions history`: who granted and revoked what.
 *
 * @since 0.1.0
 */

import * as History from "@checkpoint-permissions/access/History"
import * as Inventory from "@checkpoint-permissions/access/Inventory"
import { Organization } from "@checkpoint-permissions/client/Organization"
import { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { wrongUse } from "../internal/failure.ts"
import { listOfAudit, listOfInventory, warnOfStranger } from "../internal/input/checkpoints.ts"
import { decoded, file, flag, formOf, oneOf, option, optional, parsed, project } from "../internal/input/option.ts"
import { loadAudit, loadInventory, loadJournals, oursOptions } from "../internal/input/saved.ts"
import { described, type Given } from "../internal/run.ts"
import { rate, serverOptions, withPermissions } from "../internal/server/server.ts"
import * as Screen from "../internal/terminal/screen.ts"
import { parseDuration } from "../internal/terminal/time.ts"

/** A day, a time, or how long ago. */
const parseSince = (text: string): DateTime.Utc | Duration.Duration | undefined =>
  parseDuration(text) ?? (/^\d{4}-\d\d-\d\d/.test(text) ? Option.getOrUndefined(DateTime.make(text)) : undefined)

const config = {
  since: option(
    "since",
    "time",
    parsed(parseSince, "not a time: pass how long ago, such as 90d, or a day, such as 2026-10-01")
  ).pipe(optional("From when on: how long ago, such as 12h, or a day (UTC). 90d by default.")),
  checkpoint: option("checkpoint", "id", decoded(CheckpointId)).pipe(optional("Only changes at this checkpoint.")),
  project: project("Only changes of this project's access."),
  ...oursOptions,
  previous: file("previous", "A saved audit, which knows permissions that were deleted since."),
  inventory: file("inventory", "What discover --out saved: names, and permissions that were deleted since."),
  format: option(
    "format",
    "form",
    oneOf(["table", "csv", "json"], "no format of a history: pass table, csv or json")
  ).pipe(optional("table (the default), csv or json.")),
  json: flag("json", "The same as --format json."),
  rate,
  ...serverOptions
}

const run = Effect.fnUntraced(function* (options: Given<typeof config>) {
  const screen = yield* Screen.Screen
  const form = yield* formOf(options, "table")
  const now = yield* DateTime.now
  const given = Option.getOrElse(options.since, () => Duration.days(90))
  const since = Duration.isDuration(given) ? DateTime.subtractDuration(now, given) : given
  if (DateTime.greaterThan(since, now)) {
    return yield* wrongUse(
      `--since: ${DateTime.formatIso(since)} lies in the future: pass a time that is past, or how long ago, such as 90d`
    )
  }
  const journal = yield* loadJournals(options.journal)
  const previous = yield* Effect.transposeMapOption(options.previous, loadAudit)
  const inventory = yield* loadInventory(options.inventory)
  yield* warnOfStranger(options.project, [
    ...Option.toArray(Option.zipWith(options.inventory, inventory, listOfInventory)),
    ...Option.toArray(Option.zipWith(options.previous, previous, listOfAudit))
  ])
  const names = {
    ...Option.match(previous, { onNone: () => ({}), onSome: (audit) => audit.names }),
    ...Option.match(inventory, { onNone: () => ({}), onSome: Inventory.namesOf })
  }
  return yield* withPermissions(options, [], (_, connection) =>
    Effect.gen(function* () {
      yield* screen.progress("history: asking the audit log")
      const whole = yield* History.read({
        since,
        journal,
        ourKeys: options.ourKey,
        audits: Option.toArray(previous),
        inventories: Option.toArray(inventory)
      }).pipe(Effect.provideServiceEffect(Organization, connection.organizationLists))
      yield* screen.clear
      const history = History.filter(whole, {
        checkpoint: Option.getOrUndefined(options.checkpoint),
        project: Option.getOrUndefined(options.project)
      })
      const table = () => History.toTable(history, { ...screen.table, names })
      yield* screen.print({ json: History.toJson, csv: History.toCsv, table }[form](history))
    })
  )
})

/**
 * @category commands
 * @since 0.1.0
 */
export const history = described("history", config, run, {
  summary: "Show who granted and revoked what, from the audit log.",
  details: [
    "Asks the organization's audit log: that needs an admin key that may read it (api.audit_logs.read), and logging to be on. Events come late, and some changes leave none: what is not shown may have happened. What the log does not say is shown as unknown, and no filter leaves it out."
  ],
  examples: {
    "history --since 90d --journal access.journal": "what this tool did not do",
    "history --project proj_a --format csv": "one project, for a spreadsheet"
  }
})
