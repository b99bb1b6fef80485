/** The differences between two audits as lines for a terminal, and as Markdown. */
import { fenced, pluralize, printable } from "@checkpoint-permissions/protocol/text"
import * as Arr from "effect/Array"
import type * as DateTime from "effect/DateTime"
import { day, hanging, labelled, minute, type Style, style, type TextOptions } from "../render/parts.ts"
import { columnsOf, wrap } from "../render/text.ts"
import { differs, isUnknown } from "./compare.ts"
import type { AccessDiff, Change, CheckpointDiff } from "./model.ts"

/** The maximum number of projects to name. Further ones are counted. */
const maxNamed = 5

const sides = ["older", "newer"] as const

type Side = (typeof sides)[number]

const ofSide: Readonly<Record<Side, string>> = { older: "the first audit", newer: "the second audit" }

const time = (at: DateTime.Utc): string => `${minute(at)} UTC`

const permissionCount = ({ permissions }: Change): string =>
  permissions.length === 1 ? "" : ` by ${pluralize(permissions.length, "permission")}`

const listed = (ids: ReadonlyArray<string>): string => ids.map(printable).join(", ")

/** Returns the reasons why something is unknown on a side. */
const unknownLines = ({ unknown }: CheckpointDiff): ReadonlyArray<string> =>
  sides.flatMap((side) => {
    const reason = unknown[side]
    return reason === undefined ? [] : [`unknown in ${ofSide[side]}: ${printable(reason)}`]
  })

const unconfirmedLine = (diff: AccessDiff, { uncertain }: CheckpointDiff, side: Side): ReadonlyArray<string> => {
  const projects = uncertain.filter(({ access }) => access === side).map(({ project }) => project)
  if (projects.length === 0) return []
  const who =
    projects.length > maxNamed
      ? pluralize(projects.length, "project")
      : projects.map((project) => labelled(diff, project)).join(", ")
  return [side === "older" ? `had access, unknown now: ${who}` : `with access now, unknown before: ${who}`]
}

const linesOf = (
  diff: AccessDiff,
  checkpoint: CheckpointDiff,
  columns: number,
  style: Style
): ReadonlyArray<string> => {
  const line = (mark: string, text: string, paint = (text: string) => text) =>
    hanging(mark, text, columns).map((part) => paint(part))
  const changed = (mark: string, changes: ReadonlyArray<Change>, word: string, paint: (text: string) => string) =>
    changes.flatMap((change) =>
      line(mark, `${labelled(diff, change.project)}, ${word} ${day(change.since)}${permissionCount(change)}`, paint)
    )
  const { granted, owner, replaced, revoked } = checkpoint
  const uncertain = [...unconfirmedLine(diff, checkpoint, "older"), ...unconfirmedLine(diff, checkpoint, "newer")]
  return [
    ...line("•", printable(checkpoint.checkpoint), style.bold),
    ...changed("+", granted, "since", style.access),
    ...changed("-", revoked, "had access since", style.revoked),
    ...replaced.flatMap(({ newer, older, project }) =>
      line("~", `${labelled(diff, project)}, by other permissions: ${listed(newer)}, before ${listed(older)}`)
    ),
    ...(owner === undefined
      ? []
      : line("~", `owner ${labelled(diff, owner.newer)}, before ${labelled(diff, owner.older)}`, style.owner)),
    ...[...unknownLines(checkpoint), ...uncertain].flatMap((text) => line("?", text, style.unknown))
  ]
}

/** Returns the checkpoints without a known difference, grouped by the reason of the unknown. */
const unknownOnlyLines = (
  checkpoints: ReadonlyArray<CheckpointDiff>,
  columns: number,
  style: Style
): ReadonlyArray<string> => {
  const all = checkpoints.flatMap((one) => unknownLines(one).map((reason) => ({ reason, id: one.checkpoint })))
  return Object.entries(Arr.groupBy(all, ({ reason }) => reason)).flatMap(([reason, group]) => [
    ...hanging("?", `${pluralize(group.length, "checkpoint")} ${reason}`, columns).map(style.unknown),
    ...group.flatMap(({ id }) => hanging("|", printable(id), columns)),
    ""
  ])
}

const count = (diff: AccessDiff, of: (checkpoint: CheckpointDiff) => number): number =>
  diff.checkpoints.reduce((sum, checkpoint) => sum + of(checkpoint), 0)

/** Returns `2 granted, 1 revoked`, or an empty text if nothing differs. */
const changes = (diff: AccessDiff): string =>
  [
    [count(diff, ({ granted }) => granted.length), "granted"],
    [count(diff, ({ revoked }) => revoked.length), "revoked"],
    [count(diff, ({ replaced }) => replaced.length), "by other permissions"],
    [count(diff, ({ owner }) => (owner === undefined ? 0 : 1)), "with another owner"]
  ]
    .filter(([count]) => count !== 0)
    .map(([count, what]) => `${count} ${what}`)
    .join(", ")

const summary = (diff: AccessDiff): string => {
  const unknown = diff.checkpoints.filter(isUnknown).length
  const differing = diff.checkpoints.filter(differs).length
  const all = pluralize(diff.compared, "checkpoint")
  const first =
    differing === 0
      ? `No ${unknown === 0 ? "" : "known "}difference in ${all}`
      : `${differing} of ${all} ${differing === 1 ? "differs" : "differ"}: ${changes(diff)}`
  return unknown === 0 ? first : `${first}; ${unknown} unknown, wholly or in part`
}

const about = ({ newer, older, organization, apiUrl }: AccessDiff): ReadonlyArray<string> => [
  `Audits of ${time(older.createdAt)} and of ${time(newer.createdAt)}: ${printable(apiUrl)}${
    organization === undefined ? "" : `, organization ${printable(organization)}`
  }`
]

const body = (diff: AccessDiff, columns: number, style: Style): ReadonlyArray<string> => {
  const isUnknownOnly = (checkpoint: CheckpointDiff) => !differs(checkpoint) && checkpoint.uncertain.length === 0
  const unknownOnly = diff.checkpoints.filter(isUnknownOnly)
  return [
    ...diff.checkpoints.flatMap((checkpoint) =>
      isUnknownOnly(checkpoint) ? [] : [...linesOf(diff, checkpoint, columns, style), ""]
    ),
    ...unknownOnlyLines(unknownOnly, columns, style)
  ]
}

/** Returns a warning if the audits were passed in the wrong order. */
const orderWarning = ({ newer, older }: AccessDiff): ReadonlyArray<string> =>
  newer.createdAt.epochMillis < older.createdAt.epochMillis
    ? ["The second audit is older than the first: what it calls granted was revoked since."]
    : []

/**
 * Returns the differences for a terminal or a log: `+` granted, `-` revoked, `~` other permissions or another owner,
 * `?` unknown, under each checkpoint. A summary follows. No id is cut, and no text controls a terminal.
 *
 * @category rendering
 */
export const toText = (diff: AccessDiff, { color, width }: TextOptions = {}): string => {
  const styled = style(color)
  const columns = columnsOf(width)
  const lines = [
    ...about(diff).flatMap((line) => wrap(line, columns)),
    ...orderWarning(diff).flatMap((line) => hanging("!", line, columns).map(styled.unknown)),
    "",
    ...body(diff, columns, styled),
    ...wrap(`${summary(diff)}.`, columns)
  ]
  return lines.map((line) => `${line}\n`).join("")
}

/**
 * Returns the differences as Markdown, for a review or a job summary. Ids, names and reasons are in a fenced block,
 * where Markdown, links and mentions have no effect.
 *
 * @category rendering
 */
export const toMarkdown = (diff: AccessDiff): string => {
  // Ids, names and reasons are inside one fenced block, where Markdown has no effect.
  const inside = [...about(diff), "", ...body(diff, Number.POSITIVE_INFINITY, style(false))].join("\n").trimEnd()
  const differing = changes(diff)
  return [
    `### Access compared: ${differing === "" ? "no difference" : differing}`,
    "",
    fenced(inside, "diff"),
    "",
    [`${summary(diff)}.`, ...orderWarning(diff)].join(" "),
    ""
  ].join("\n")
}
