import { ascii, pluralize, printable, printableId } from "@checkpoint-permissions/protocol/text"
import * as DateTime from "effect/DateTime"
import { jsonLines } from "../json.ts"
import * as Text from "../text/columns.ts"
import { type Columns, csv, tabbed } from "../text/formats.ts"
import { type Change, formatActor, History } from "./changes.ts"

/** Returns a time in Unix seconds as `2024-07-23 20:01`, in UTC. */
export const minuteOf = (seconds: number): string => Text.minute(DateTime.unsafeMake(seconds * 1000))

/** Options of a history as a table. */
export interface TableOptions extends Text.TextOptions {
  readonly names?: { readonly [project: string]: string } | undefined
}

/** Returns one line for each change. If any line is longer than the width, each change takes several lines. */
export const rowsOf = (
  changes: ReadonlyArray<Change>,
  { color, names = {}, width: available }: TableOptions = {}
): ReadonlyArray<string> => {
  const styled = Text.style(color)
  const columns = Text.columnsOf(available)
  const cells = changes.map((change) => {
    const isGrant = change.action === "grant"
    const sign = isGrant ? "+" : "-"
    const project = change.project === undefined ? "project unknown" : Text.labelled({ names }, change.project)
    const place =
      change.checkpoint === undefined
        ? `checkpoint unknown (${printableId(change.permission ?? "no id")})`
        : printableId(change.checkpoint)
    const paint = isGrant ? styled.access : styled.revoked
    return { time: minuteOf(change.at), sign, project, place, actor: formatActor(change.by), paint }
  })
  const { lines, width } = Text.aligned(
    cells.map(({ actor, paint, place, project, sign, time }) => [time, paint(`${sign} ${project}`), place, actor])
  )
  if (width <= columns) return lines
  return cells.flatMap(({ actor, paint, place, project, sign, time }) => [
    ...Text.hanging(sign, `${time}  ${project}`, columns).map(paint),
    ...[place, `by ${actor}`].flatMap((text) => Text.hanging("|", text, columns))
  ])
}

/** Returns sentences about the part of the log that was read, and about gaps. */
const summary = (history: History): ReadonlyArray<string> => {
  const { requestedAt, changes, filter, failure, lookup, keyNamesFailure, since } = history
  const unknown = changes.filter(({ checkpoint }) => checkpoint === undefined).length
  const hidden = filter?.unknown ?? 0
  const ends = {
    "end of the log": "end of the log",
    "page limit": "limit reached",
    stopped: "stopped",
    failed: `the next page failed, ${printable(lookup?.reason ?? "")}`
  }
  return Text.sentences([
    `${pluralize(changes.length, "change")}${since === undefined ? "" : ` since ${Text.minute(since)} UTC`}`,
    hidden > 0 && `${pluralize(hidden, "more change")} may match: their checkpoint, project or actor is unknown`,
    unknown > 0 && `${pluralize(unknown, "change")}: checkpoint unknown`,
    lookup !== undefined &&
      lookup.end !== "found" &&
      `grants searched in ${pluralize(lookup.pages, "older page")}: ${ends[lookup.end]}`,
    failure !== undefined && `older changes not read: ${printable(failure)}`,
    keyNamesFailure !== undefined && `names of keys not read: ${printable(keyNamesFailure)}`,
    `audit log read at ${Text.minute(requestedAt)} UTC. It may be delayed or incomplete`
  ])
}

/**
 * Returns lines for a terminal or a log: `+` granted, `-` revoked, with the actor. Sentences below them describe the
 * gaps of the log. No id is cut, and no text controls a terminal.
 *
 * @category rendering
 */
export const toTable = (history: History, options: TableOptions = {}): string =>
  Text.joinLines([
    ...rowsOf(history.changes, options),
    ...(history.changes.length === 0 ? [] : [""]),
    ...summary(history).flatMap((sentence) => Text.wrap(sentence, Text.columnsOf(options.width)))
  ])

const columns: Columns<Change> = [
  ["time", ({ at }) => Text.second(DateTime.unsafeMake(at * 1000))],
  ["action", ({ action }) => action],
  ["checkpoint", ({ checkpoint = "" }) => ascii(checkpoint)],
  ["project", ({ project = "" }) => ascii(project)],
  ["permission", ({ permission = "" }) => ascii(permission)],
  ["user", ({ by }) => by.user],
  ["user_id", ({ by }) => by.userId],
  ["agent", ({ by }) => by.agent],
  ["key", ({ by }) => by.key],
  ["key_name", ({ by }) => by.keyName],
  ["key_owner", ({ by }) => by.keyOwner],
  ["event", ({ event }) => event]
]

/**
 * Returns the history as CSV (RFC 4180), a line for each change. No cell is a formula.
 *
 * @category rendering
 */
export const toCsv = ({ changes }: History): string => csv(columns, changes)

/**
 * Returns a line for each change, without a header, its cells separated by tabs. The columns are those of CSV.
 *
 * @category rendering
 */
export const toLines = ({ changes }: History): string => tabbed(columns, changes)

/**
 * Returns the history as JSON, with a line for each change.
 *
 * @category files
 */
export const toJson: (history: History) => string = jsonLines(History, "changes")
