/** What drifted, for people: the difference, the plan, who did it, and what no policy names. */
import * as AccessDiff from "@checkpoint-permissions/access/AccessDiff"
import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as Drift from "@checkpoint-permissions/access/Drift"
import * as History from "@checkpoint-permissions/access/History"
import { oneLine, printable, wrap } from "@checkpoint-permissions/access/TerminalText"
import { counted, fenced } from "@checkpoint-permissions/protocol/text"
import type * as Screen from "../terminal/screen.ts"
import * as difference from "./plan.ts"

const unmanagedLines = ({ matrix, unmanaged }: Drift.Drift): ReadonlyArray<string> =>
  unmanaged.flatMap(({ checkpoint, projects }) => [
    `! ${printable(checkpoint)}`,
    ...projects.map((project) => {
      const name = AccessMatrix.nameOf(matrix, project)
      return `|   ${printable(project)}${name === undefined ? "" : `  ${oneLine(name)}`}`
    })
  ])

/** What was seen, and what that rests on. */
export const sentence = (drift: Drift.Drift): string => {
  const { bypassed, carriedOver, diff, matrix, plan, unmanaged } = drift
  const total = matrix.rows.length
  const unread = matrix.rows.filter(({ complete }) => !complete).length
  const read = total - carriedOver - unread
  const rests = [
    read === total
      ? `All ${counted(total, "checkpoint")} were read in this run`
      : `${read} of ${counted(total, "checkpoint")} ${read === 1 ? "was" : "were"} read in this run`,
    ...(unread === 0 ? [] : [`${unread} could not be read: what is so there is unknown`]),
    ...(carriedOver === 0 ? [] : [`${History.carriedOverNote(matrix)}; --read-all reads them`])
  ].join("; ")
  if (!Drift.isSeen(drift)) return `Nothing was seen. ${rests}.`
  const parts = [
    AccessDiff.isEmpty(diff) ? "" : "a difference from the former audit",
    plan.counts.grants + plan.counts.revokes === 0
      ? ""
      : `${plan.counts.grants} to grant and ${plan.counts.revokes} to revoke by the policy`,
    bypassed.length === 0 ? "" : `${counted(bypassed.length, "change")} not known to be made by this tool`,
    unmanaged.length === 0 ? "" : `${counted(unmanaged.length, "checkpoint")} with permissions in no policy`
  ].filter((part) => part !== "")
  return `Seen: ${parts.join("; ") || "something that the policy cannot have"}. ${rests}.`
}

export const text = (drift: Drift.Drift, { out, table }: Screen.Service): string => {
  const { names } = drift.matrix
  const section = (title: string, lines: ReadonlyArray<string>) =>
    lines.length === 0 ? "" : `\n${out.bold(title)}\n${lines.map((line) => `${line}\n`).join("")}`
  return [
    AccessDiff.toText(drift.diff, table),
    `\n${out.bold("By the policy")}\n`,
    difference.text(difference.named(drift.plan, names), undefined, out, []),
    section("Not known to be made by this tool", History.rowsOf(drift.bypassed, { ...table, names })),
    section("With permissions, in no policy", unmanagedLines(drift)),
    `\n${wrap(sentence(drift), table.width ?? Number.POSITIVE_INFINITY).join("\n")}\n`
  ].join("")
}

export const markdown = (drift: Drift.Drift): string => {
  const { names } = drift.matrix
  const section = (title: string, lines: ReadonlyArray<string>) =>
    lines.length === 0 ? [] : [`### ${title}`, "", fenced(lines.join("\n"), "diff"), ""]
  return [
    AccessDiff.toMarkdown(drift.diff),
    difference.markdown(difference.named(drift.plan, names), undefined, undefined, []),
    ...section("Not known to be made by this tool", History.rowsOf(drift.bypassed, { names })),
    ...section("With permissions, in no policy", unmanagedLines(drift)),
    sentence(drift),
    ""
  ].join("\n")
}
