/** What differs between two audits, for people: lines for a terminal, the same as Markdown. */
import { counted, fenced, printable } from "@checkpoint-permissions/protocol/text"
import type * as DateTime from "effect/DateTime"
import { day, hanging, labelled, minute, type Style, style } from "../render/parts.ts"
import { wrap } from "../render/text.ts"
import { differs, isUnknown } from "./compare.ts"
import type { AccessDiff, Change, CheckpointDiff } from "./model.ts"

/** More projects than these are counted. */
const mostNamed = 5

type Side = "older" | "newer"

const ofSide: Readonly<Record<Side, string>> = { older: "the first audit", newer: "the second audit" }

const several = ({ permissions }: Change): string =>
  permissions.length === 1 ? "" : ` by ${counted(permissions.length, "permission")}`

const listed = (ids: ReadonlyArray<string>): string => ids.map(printable).join(", ")

const uncertainLine = (diff: AccessDiff, { uncertain }: CheckpointDiff, side: Side): ReadonlyArray<string> => {
  const projects = uncertain.filter(({ access }) => access === side).map(({ project }) => project)
  if (projects.length === 0) return []
  const who =
    projects.length > mostNamed
      ? counted(projects.length, "project")
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
  const { granted, owner, replaced, revoked, unknown } = checkpoint
  const reasons = (["older", "newer"] as const).flatMap((side) => {
    const reason = unknown[side]
    return reason === undefined ? [] : [`unknown in ${ofSide[side]}: ${printable(reason)}`]
  })
  const uncertain = [...uncertainLine(diff, checkpoint, "older"), ...uncertainLine(diff, checkpoint, "newer")]
  return [
    ...line("•", printable(checkpoint.checkpoint), style.bold),
    ...granted.flatMap((change) =>
      line("+", `${labelled(diff, change.project)}, since ${day(change.since)}${several(change)}`, style.access)
    ),
    ...revoked.flatMap((change) =>
      line(
        "-",
        `${labelled(diff, change.project)}, had access since ${day(change.since)}${several(change)}`,
        style.revoked
      )
    ),
    ...replaced.flatMap(({ newer, older, project }) =>
      line("~", `${labelled(diff, project)}, by other permissions: ${listed(newer)}, before ${listed(older)}`)
    ),
    ...(owner === undefined
      ? []
      : line("~", `owner ${labelled(diff, owner.newer)}, before ${labelled(diff, owner.older)}`, style.owner)),
    ...[...reasons, ...uncertain].flatMap((text) => line("?", text, style.unknown))
  ]
}

/** Checkpoints of which nothing is known to differ, under what is unknown: most of two audits of different ones. */
const silentLines = (
  checkpoints: ReadonlyArray<CheckpointDiff>,
  columns: number,
  style: Style
): ReadonlyArray<string> => {
  const groups = new Map<string, Array<string>>()
  for (const { checkpoint, unknown } of checkpoints) {
    for (const side of ["older", "newer"] as const) {
      const reason = unknown[side]
      if (reason === undefined) continue
      const key = `unknown in ${ofSide[side]}: ${printable(reason)}`
      const group = groups.get(key) ?? []
      group.push(checkpoint)
      groups.set(key, group)
    }
  }
  return [...groups].flatMap(([reason, ids]) => [
    ...hanging("?", `${counted(ids.length, "checkpoint")} ${reason}`, columns).map(style.unknown),
    ...ids.flatMap((id) => hanging("|", printable(id), columns)),
    ""
  ])
}

const count = (diff: AccessDiff, of: (checkpoint: CheckpointDiff) => number): number =>
  diff.checkpoints.reduce((sum, checkpoint) => sum + of(checkpoint), 0)

/** `2 granted, 1 revoked`; nothing if nothing differs. */
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
  const all = counted(diff.compared, "checkpoint")
  const first =
    differing === 0
      ? `No ${unknown === 0 ? "" : "known "}difference in ${all}`
      : `${differing} of ${all} ${differing === 1 ? "differs" : "differ"}: ${changes(diff)}`
  return unknown === 0 ? first : `${first}; ${unknown} unknown, wholly or in part`
}

const time = (at: DateTime.Utc): string => `${minute(at)} UTC`

const about = ({ newer, older, organization, apiUrl }: AccessDiff): ReadonlyArray<string> => [
  `Audits of ${time(older.createdAt)} and of ${time(newer.createdAt)}: ${printable(apiUrl)}${
    organization === undefined ? "" : `, organization ${printable(organization)}`
  }`
]

const body = (diff: AccessDiff, columns: number, style: Style): ReadonlyArray<string> => {
  const isSilent = (checkpoint: CheckpointDiff) => !differs(checkpoint) && checkpoint.uncertain.length === 0
  const silent = diff.checkpoints.filter(isSilent)
  return [
    ...diff.checkpoints.flatMap((checkpoint) =>
      isSilent(checkpoint) ? [] : [...linesOf(diff, checkpoint, columns, style), ""]
    ),
    ...silentLines(silent, columns, style)
  ]
}

/** A warning where the audits were given in the other order. */
const turned = ({ newer, older }: AccessDiff): ReadonlyArray<string> =>
  newer.createdAt.epochMillis < older.createdAt.epochMillis
    ? ["The second audit is older than the first: what it calls granted was revoked since."]
    : []

export const text = (diff: AccessDiff, options: { readonly width: number; readonly color: boolean }): string => {
  const styled = style(options.color)
  const lines = [
    ...about(diff).flatMap((line) => wrap(line, options.width)),
    ...turned(diff).flatMap((line) => hanging("!", line, options.width).map(styled.unknown)),
    "",
    ...body(diff, options.width, styled),
    ...wrap(`${summary(diff)}.`, options.width)
  ]
  return lines.map((line) => `${line}\n`).join("")
}

/** Ids, names and reasons are inside one fenced block, where Markdown has no meaning. */
export const markdown = (diff: AccessDiff): string => {
  const inside = [...about(diff), "", ...body(diff, Number.POSITIVE_INFINITY, style(false))].join("\n").trimEnd()
  const differing = changes(diff)
  return [
    `### Access compared: ${differing === "" ? "no difference" : differing}`,
    "",
    fenced(inside, "diff"),
    "",
    `${[summary(diff), ...turned(diff).map((line) => line.replace(/\.$/, ""))].join(". ")}.`,
    ""
  ].join("\n")
}
