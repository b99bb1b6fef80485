/** `checkpoint-permissions history`: grants and revocations from the audit log. */

import * as History from "@checkpoint-permissions/access/History"
import { Organization } from "@checkpoint-permissions/client/Organization"
import { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import { pluralize, printable, printableId } from "@checkpoint-permissions/protocol/text"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type Failure, incomplete, wrongUse } from "../internal/command/failure.ts"
import { defineCommand, type OptionsOf } from "../internal/command/run.ts"
import { decoded, flag, formOf, oneOf, option, optional, parsed, text } from "../internal/input/option.ts"
import { maxDuration, project, rate, serverOptions } from "../internal/input/options.ts"
import { filterProject, reportUnchecked } from "../internal/server/projects.ts"
import { withPermissions } from "../internal/server/server.ts"
import { hasStopped, stoppable } from "../internal/terminal/interruption.ts"
import * as Screen from "../internal/terminal/screen.ts"
import { parseDuration } from "../internal/terminal/time.ts"

/** Parses a day, a time, or a time before now. */
const parseSince = (text: string): DateTime.Utc | Duration.Duration | undefined =>
  parseDuration(text) ?? (/^\d{4}-\d\d-\d\d/.test(text) ? Option.getOrUndefined(DateTime.make(text)) : undefined)

const config = {
  since: option(
    "since",
    "time",
    parsed(parseSince, "not a time: pass how long ago, such as 90d, or a day, such as 2026-10-01")
  ).pipe(optional("Start of the history: a duration before now, such as 12h, or a day (UTC). Default: 90d.")),
  checkpoint: option("checkpoint", "id", decoded(CheckpointId)).pipe(optional("Only changes at this checkpoint.")),
  project: project("Only changes of this project's access."),
  by: text("by", "actor").pipe(
    optional("Only changes by this e-mail address, user id, or id, name or owner of a key.")
  ),
  format: option(
    "format",
    "form",
    oneOf(["table", "lines", "csv"], "unknown format: pass table, lines or csv, or use --json")
  ).pipe(optional("table (the default at a terminal), lines (the default elsewhere, tab-separated), or csv.")),
  json: flag("json", "Print the history as JSON."),
  maxDuration,
  rate,
  ...serverOptions
}

const readKeys = <A>(read: Effect.Effect<Iterable<A>, Failure>, stop: Effect.Effect<unknown>) =>
  Effect.raceFirst(
    Effect.match(read, {
      onFailure: ({ message }) => ({ list: undefined, failure: message }),
      onSuccess: (list) => ({ list: [...list], failure: undefined })
    }),
    Effect.as(stop, { list: undefined, failure: "stopped" })
  )

const run = Effect.fnUntraced(function* (options: OptionsOf<typeof config>) {
  const screen = yield* Screen.Screen
  const form = yield* formOf(options, screen.table.width === undefined ? "lines" : "table")
  const given = Option.getOrElse(options.since, () => Duration.days(90))
  // the clock of this machine may be wrong
  const tomorrow = DateTime.add(yield* DateTime.now, { days: 1 })
  if (!Duration.isDuration(given) && DateTime.greaterThan(given, tomorrow)) {
    return yield* wrongUse(
      `--since: ${DateTime.formatIso(given)} is in the future: pass a past time, or a duration such as 90d`
    )
  }
  return yield* withPermissions(options, [], (_, connection) =>
    stoppable(
      "history",
      "printing partial results",
      options,
      Effect.fnUntraced(function* (stop, signal) {
        const orStopped = Effect.raceFirst(Effect.as(stop, undefined))
        const filter = yield* orStopped(filterProject("history", connection, options.project))
        const project = filter?.project ?? Option.getOrUndefined(options.project)
        const by = Option.getOrUndefined(options.by)
        const checkpoint = Option.getOrUndefined(options.checkpoint)
        const { adminKeys: list } = yield* Organization
        const keys = by === undefined ? undefined : yield* readKeys(Stream.runCollect(list), stop)
        const adminKeys = keys?.list
        const wanted = { checkpoint, project, by, adminKeys }
        yield* orStopped(connection.askTime)
        const since = Duration.isDuration(given) ? DateTime.subtractDuration(yield* connection.time.now, given) : given
        const isFiltered = [checkpoint, project, by].some((value) => value !== undefined)
        const filtered = (history: History.History) => (isFiltered ? History.filter(history, wanted) : history)
        yield* screen.progress("history: reading the audit log")
        const whole = yield* History.read({
          since,
          adminKeys,
          stop,
          onSince: () =>
            Effect.zipRight(reportUnchecked(connection, screen), screen.progress("history: searching older grants"))
        })
        yield* screen.clear
        yield* reportUnchecked(connection, screen)
        const history = filtered(whole)
        const forms = { json: History.toJson, csv: History.toCsv, lines: History.toLines }
        yield* screen.print(
          form === "table" ? History.toTable(history, { ...screen.table, names: filter?.names }) : forms[form](history)
        )
        const unknown = history.filter?.unknown ?? 0
        const isPlain = form === "csv" || form === "lines"
        if (unknown > 0 && isPlain) {
          yield* screen.warn(
            `history: ${pluralize(unknown, "more change")} may match: their checkpoint, project or actor is unknown`
          )
        }
        const { failure, lookup } = whole
        if (failure !== undefined) return yield* incomplete(`history: ${failure}`, signal())
        if (lookup?.end === "failed" || lookup?.end === "stopped") {
          const reason = `search of older grants incomplete: ${lookup.reason ?? "stopped"}`
          return yield* incomplete(`history: ${reason}`, signal())
        }
        if (whole.keyNamesFailure !== undefined && (yield* hasStopped(stop))) {
          return yield* incomplete(`history: names of keys not read: ${whole.keyNamesFailure}`, signal())
        }
        const sessions = history.filter?.sessions
        if (sessions !== undefined) {
          const of = printable(sessions.of)
          return yield* incomplete(
            `history: ${pluralize(sessions.changes, "change")} by sessions of ${of}, which may be this key: history --by ${of}`
          )
        }
        if (history.changes.length > 0) return
        const elsewhere = whole.changes.flatMap(({ checkpoint: at }) => (at === checkpoint ? [] : (at ?? [])))
        const none = [
          `no ${unknown > 0 ? "certain " : ""}change`,
          ...(checkpoint === undefined ? [] : [`at ${printableId(checkpoint)}`]),
          ...(project === undefined ? [] : [`of ${printableId(project)}`]),
          ...(by === undefined ? [] : [`by ${printable(by)}`]),
          `since ${DateTime.formatIso(since)}`
        ].join(" ")
        const others =
          checkpoint === undefined || elsewhere.length === 0
            ? ""
            : `; the log has ${pluralize(elsewhere.length, "change")} at ${pluralize(new Set(elsewhere).size, "other checkpoint")}`
        // a table and JSON have the number of changes
        if (by === undefined) {
          return yield* isPlain || checkpoint !== undefined ? screen.warn(`history: ${none}${others}`) : Effect.void
        }
        const { isKnown, nearest } = History.knows(whole, wanted)
        if (isKnown) return yield* screen.warn(`history: ${none}${others}`)
        const similar = nearest === undefined ? "" : `; nearest: ${printable(nearest)}`
        return yield* incomplete(
          keys?.failure === undefined
            ? `history: ${none}, and no admin key or owner of that name${similar}`
            : `history: ${none}; admin keys not read: ${printable(keys.failure)}${similar}`
        )
      })
    ).pipe(Effect.provideServiceEffect(Organization, connection.organizationLists))
  )
})

/** @category commands */
export const history = defineCommand("history", config, run, {
  summary: "Show grants and revocations from the audit log.",
  details: [
    "Needs an admin key with api.audit_logs.read, and audit logging. Events may be delayed or missing. An event of a delete has only the permission: older pages are searched for its grant. Changes that may match a filter are left out, and counted.",
    "Columns of lines and csv: time, action, checkpoint, project, permission, user, user_id, agent, key, key_name, key_owner, event. Newest first, times in UTC."
  ],
  examples: {
    "history --since 1d": "changes since yesterday",
    "history --project proj_a --format csv": "one project, for a spreadsheet"
  }
})
