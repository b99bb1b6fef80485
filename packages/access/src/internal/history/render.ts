import { counted, printable } from "@checkpoint-permissions/protocol/text"
import * as DateTime from "effect/DateTime"
import { lined } from "../json.ts"
import { line } from "../render/csv.ts"
import { hanging, labelled, minute, second, style, type TextOptions } from "../render/parts.ts"
import { aligned, columnsOf, wrap } from "../render/text.ts"
import { History } from "./model.ts"

type Shown = History["changes"][number]

const timeOf = ({ at }: Shown): DateTime.Utc => DateTime.unsafeMake(at * 1000)

/** `alice@example.com`, `key_1 "nightly" of ci-bot`. */
const whoOf = ({ by: { key, keyName, keyOwner, user } }: Shown): string => {
  const owner = user ?? keyOwner
  if (key === undefined) return owner === undefined ? "unknown" : printable(owner)
  const name = keyName === undefined ? "" : ` (${printable(keyName)})`
  return `${printable(key)}${name}${owner === undefined ? "" : ` of ${printable(owner)}`}`
}

/** @category rendering */
export interface TableOptions extends TextOptions {
  readonly names?: { readonly [project: string]: string } | undefined
}

/** A line for each change, or some where a line is too long for the columns that there are. */
export const rowsOf = (
  changes: History["changes"],
  { color, names = {}, width: available }: TableOptions = {}
): ReadonlyArray<string> => {
  const styled = style(color)
  const columns = columnsOf(available)
  const cells = changes.map((change) => {
    const isGrant = change.action === "grant"
    const project = change.project === undefined ? "project unknown" : labelled({ names }, change.project)
    return {
      time: minute(timeOf(change)),
      sign: isGrant ? "+" : "-",
      project,
      place:
        change.checkpoint === undefined
          ? `checkpoint unknown (${printable(change.permission ?? "no id")})`
          : printable(change.checkpoint),
      who: whoOf(change),
      ours: change.ours ? "this tool" : "",
      paint: isGrant ? styled.access : styled.revoked
    }
  })
  const { lines, width } = aligned(
    cells.map(({ ours, paint, place, project, sign, time, who }) => [
      time,
      paint(`${sign} ${project}`),
      place,
      who,
      ours
    ])
  )
  if (width <= columns) return lines
  return cells.flatMap(({ ours, paint, place, project, sign, time, who }) => [
    ...hanging(sign, `${time}  ${project}`, columns).map(paint),
    ...[place, ours === "" ? `by ${who}` : `by ${who}, ${ours}`].flatMap((text) => hanging("|", text, columns))
  ])
}

/** What the log says, and what it does not, in one sentence. */
const about = ({ askedAt, changes, namesUnread, since }: History): string => {
  const lost = changes.filter(({ checkpoint }) => checkpoint === undefined).length
  const others = changes.filter(({ ours }) => !ours).length
  return [
    `${counted(changes.length, "change")} shown of the audit log${since === undefined ? "" : ` since ${minute(since)}`}, as it was at ${minute(askedAt)} UTC`,
    `${others} of them not known to be made by this tool`,
    ...(lost === 0 ? [] : [`of ${lost} nothing says at which checkpoint`]),
    ...(namesUnread === undefined ? [] : [`names of keys were not read (${printable(namesUnread)})`]),
    "events come late, and some changes leave none"
  ].join("; ")
}

/**
 * For a terminal or a log: `+` granted, `-` revoked, with whom, and a sentence about what the log is. No id is cut, and
 * nothing in it acts on a terminal.
 *
 * @category rendering
 */
export const toTable = (history: History, options: TableOptions = {}): string =>
  [
    ...rowsOf(history.changes, options),
    ...(history.changes.length === 0 ? [] : [""]),
    ...wrap(`${about(history)}.`, columnsOf(options.width))
  ]
    .map((text) => `${text}\n`)
    .join("")

const columns: ReadonlyArray<readonly [title: string, of: (change: Shown) => string | undefined]> = [
  ["time", (change) => second(timeOf(change))],
  ["action", ({ action }) => action],
  ["checkpoint", ({ checkpoint }) => checkpoint],
  ["project", ({ project }) => project],
  ["permission", ({ permission }) => permission],
  ["user", ({ by }) => by.user],
  ["key", ({ by }) => by.key],
  ["key_name", ({ by }) => by.keyName],
  ["key_owner", ({ by }) => by.keyOwner],
  ["this_tool", ({ ours }) => (ours ? "yes" : "no")],
  ["event", ({ event }) => event]
]

/**
 * The history as CSV (RFC 4180), a line for each change. No cell is a formula.
 *
 * @category rendering
 */
export const toCsv = ({ changes }: History): string =>
  [
    line(columns.map(([title]) => title)),
    ...changes.map((change) => line(columns.map(([, of]) => of(change) ?? "")))
  ].join("")

/**
 * The history as a file, with a line for each change.
 *
 * @category files
 */
export const toJson: (history: History) => string = lined(History, "changes")
