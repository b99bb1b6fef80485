/** The differences between two audits as lines for a terminal, and as Markdown. */
import { fenced, pluralize, printable } from "@checkpoint-permissions/protocol/text"
import * as Arr from "effect/Array"
import type * as DateTime from "effect/DateTime"
import * as Text from "../render/text.ts"
import { type AccessDiff, type Change, type CheckpointDiff, differs, isUnknown } from "./compare.ts"

const time = (at: DateTime.Utc): string => `${Text.minute(at)} UTC`

const formatIds = (ids: ReadonlyArray<string>, others: ReadonlyArray<string> = []): string =>
  ids
    .filter((id) => !others.includes(id))
    .map(printable)
    .join(", ")

const several = (ids: ReadonlyArray<string>): string =>
  ids.length === 1 ? "" : ` by ${pluralize(ids.length, "permission")}`

/** Returns the mark, the text and the style of a change. */
const formatChange = (
  diff: AccessDiff,
  { kind, newer, older, project, since }: Change
): readonly [mark: string, text: string, style: keyof Text.Style | undefined] => {
  const label = Text.labelled(diff, project)
  switch (kind) {
    case "granted":
      return ["+", `${label}, since ${Text.day(since)}${several(newer)}`, "access"]
    case "revoked":
      return ["-", `${label}, had access since ${Text.day(since)}${several(older)}`, "revoked"]
    case "replaced":
      return ["~", `${label}: ${formatIds(newer)} replaced ${formatIds(older)}`, undefined]
    case "duplicate added":
      return ["~", `${label}: duplicate ${formatIds(newer, older)} added`, undefined]
    case "duplicate removed":
      return ["~", `${label}: duplicate ${formatIds(older, newer)} removed`, undefined]
    case "unknown":
      return [
        "?",
        `${label}: ${older.length > 0 ? "had access, unknown now" : "has access, unknown before"}`,
        "unknown"
      ]
  }
}

/** Returns the reasons why something is unknown in an audit. */
const unknownLines = ({ unknown: { newer, older } }: CheckpointDiff): ReadonlyArray<string> => [
  ...(older === undefined ? [] : [`unknown in the first audit: ${printable(older)}`]),
  ...(newer === undefined ? [] : [`unknown in the second audit: ${printable(newer)}`])
]

const linesOf = (
  diff: AccessDiff,
  checkpoint: CheckpointDiff,
  columns: number,
  style: Text.Style
): ReadonlyArray<string> => {
  const line = (mark: string, text: string, paint?: keyof Text.Style) =>
    Text.hanging(mark, text, columns).map((part) => (paint === undefined ? part : style[paint](part)))
  const { changes, owner } = checkpoint
  return [
    ...line("•", printable(checkpoint.checkpoint), "bold"),
    ...changes.flatMap((change) => line(...formatChange(diff, change))),
    ...(owner === undefined
      ? []
      : line("~", `owner ${Text.labelled(diff, owner.newer)} (before: ${Text.labelled(diff, owner.older)})`, "owner")),
    ...unknownLines(checkpoint).flatMap((text) => line("?", text, "unknown")),
    ""
  ]
}

/** Returns the checkpoints without a known difference, grouped by the reason why access is unknown. */
const unknownOnly = (diff: AccessDiff, columns: number, style: Text.Style): ReadonlyArray<string> => {
  const all = diff.checkpoints.flatMap((one) =>
    differs(one) ? [] : unknownLines(one).map((reason) => ({ reason, id: one.checkpoint }))
  )
  return Object.entries(Arr.groupBy(all, ({ reason }) => reason)).flatMap(([reason, group]) => [
    ...Text.hanging("?", `${pluralize(group.length, "checkpoint")} ${reason}`, columns).map(style.unknown),
    ...group.flatMap(({ id }) => Text.hanging("|", printable(id), columns)),
    ""
  ])
}

/** Returns `2 granted, 1 revoked`, or an empty text if nothing differs. */
const formatCounts = ({ checkpoints }: AccessDiff): string => {
  const kinds = checkpoints.flatMap(({ changes, owner }) => [
    ...changes.map(({ kind }) => kind),
    ...(owner === undefined ? [] : ["owner changed"])
  ])
  return ["granted", "revoked", "replaced", "duplicate added", "duplicate removed", "owner changed"]
    .map((kind) => [kinds.filter((one) => one === kind).length, kind] as const)
    .flatMap(([count, kind]) => (count === 0 ? [] : [`${count} ${kind}`]))
    .join(", ")
}

const summary = (diff: AccessDiff): string => {
  const unknown = diff.checkpoints.filter(isUnknown).length
  const differing = diff.checkpoints.filter(differs).length
  const all = pluralize(diff.compared, "checkpoint")
  const first =
    differing === 0
      ? `No ${unknown === 0 ? "" : "known "}difference in ${all}`
      : `${differing} of ${all} ${differing === 1 ? "differs" : "differ"}: ${formatCounts(diff)}`
  return unknown === 0 ? `${first}.` : `${first}. ${pluralize(unknown, "checkpoint")} wholly or partly unknown.`
}

const about = ({ newer, older, organization, apiUrl }: AccessDiff): string => {
  const of = organization === undefined ? "" : `, organization ${printable(organization)}`
  return `Audits of ${time(older.createdAt)} and of ${time(newer.createdAt)}: ${printable(apiUrl)}${of}`
}

const body = (diff: AccessDiff, columns: number, style: Text.Style): ReadonlyArray<string> => [
  ...diff.checkpoints.filter(differs).flatMap((checkpoint) => linesOf(diff, checkpoint, columns, style)),
  ...unknownOnly(diff, columns, style)
]

/** Returns a warning if the audits were passed in the wrong order. */
const orderWarning = ({ newer, older }: AccessDiff): ReadonlyArray<string> =>
  newer.createdAt.epochMillis < older.createdAt.epochMillis
    ? ["The second audit is older than the first: pass them in the other order."]
    : []

/**
 * Returns the differences for a terminal or a log: `+` granted, `-` revoked, `~` other permissions or another owner,
 * `?` unknown, under each checkpoint that differs. Checkpoints with only unknown access follow, then a summary. No id is
 * cut, and no text controls a terminal.
 *
 * @category rendering
 */
export const toText = (diff: AccessDiff, { color, width }: Text.TextOptions = {}): string => {
  const styled = Text.style(color)
  const columns = Text.columnsOf(width)
  return Text.joinLines([
    ...Text.wrap(about(diff), columns),
    ...orderWarning(diff).flatMap((line) => Text.hanging("!", line, columns).map(styled.unknown)),
    "",
    ...body(diff, columns, styled),
    ...Text.wrap(summary(diff), columns)
  ])
}

/**
 * Returns the differences as Markdown, for a review or a job summary. Ids, names and reasons are in a fenced block,
 * where Markdown, links and mentions have no effect.
 *
 * @category rendering
 */
export const toMarkdown = (diff: AccessDiff): string => {
  const inside = [about(diff), "", ...body(diff, Number.POSITIVE_INFINITY, Text.style(false))].join("\n").trimEnd()
  const differing = formatCounts(diff)
  return [
    `### Access compared: ${differing === "" ? "no difference" : differing}`,
    "",
    fenced(inside, "diff"),
    "",
    [summary(diff), ...orderWarning(diff)].join(" "),
    ""
  ].join("\n")
}
