/** The changes of a plan as text for people: in colours for a terminal, or as Markdown for a review. */

import type * as Access from "@checkpoint-permissions/access/Access"
import type * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import { fenced, pluralize, printable, printableId } from "@checkpoint-permissions/protocol/text"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import { capitalize } from "effect/String"
import * as Ids from "../input/ids.ts"
import { pad, singleLine, width } from "../terminal/columns.ts"
import { formatEstimate } from "../terminal/estimate.ts"
import { type Style, style } from "../terminal/style.ts"
import { instant } from "../terminal/time.ts"
import { caveats } from "./audit.ts"
import { differenceLines, shownDifferences, unmanaged } from "./differences.ts"

const because = (reason: string | undefined): string => (reason === undefined ? "" : ` (${singleLine(reason)})`)

const lineOf = ({ at }: { readonly at?: string }): string => (at === undefined ? "" : `, ${singleLine(at)}`)

type Names = AccessMatrix.AccessMatrix["names"]

/** Returns the commit of a step, or its approval, on one line: `3f9c2d1 Add search (2026-12-04 09:12)`. */
export const originOf = ({ approved, commit }: Pick<AccessPlan.Step, "approved" | "commit">): string => {
  const at = (time: DateTime.Utc) => DateTime.formatIso(time).slice(0, 16).replace("T", " ")
  if (commit !== undefined) return `${commit.id.slice(0, 7)} ${singleLine(commit.subject)} (${at(commit.at)})`
  return approved === undefined ? "" : `approved as of ${at(approved)}`
}

/** Returns the change on the server after which a step is left out. */
const newerText = ({ newer }: AccessPlan.Step): string =>
  newer === undefined
    ? ""
    : `changed ${instant(newer.at.epochMillis / 1000)}${newer.by === undefined ? "" : ` by ${singleLine(newer.by)}`}`

const joined = (separator: string, parts: ReadonlyArray<string>): string =>
  parts.filter((part) => part !== "").join(separator)

const stepLine = (names: Names, step: AccessPlan.Step) => {
  const { although, project, reason, until, why } = step
  const end = until === undefined ? "" : `${until}${because(reason)}`
  const notes = {
    missing: end === "" ? "" : `until ${end}`,
    unwanted: "",
    ended: `access has ended after ${end}${lineOf(step)}`,
    duplicate: "a duplicate: an apply deletes it",
    undo: ""
  }
  const since = AccessPlan.isDelete(step)
    ? `${step.permission.id}, since ${instant(step.permission.created_at).slice(0, 10)}`
    : ""
  const doubt = although === undefined ? "" : joined(", ", [although, newerText(step)])
  return {
    sign: AccessPlan.isGrant(step) ? "+" : why === "duplicate" ? "!" : "-",
    project: printableId(project),
    name: singleLine(Ids.nameIn(names, project) ?? ""),
    note: printable(joined("; ", [joined(": ", [since, notes[why]]), originOf(step), doubt]))
  } as const
}

type Line = ReturnType<typeof stepLine>

/** Returns lines for access whose last day is within 14 days. */
const endings = (plan: AccessPlan.AccessPlan, { bold }: Style, names: Names): ReadonlyArray<string> => {
  const soon = AccessPlan.endings(plan).map(
    ({ checkpoint, project, reason, until }) =>
      `  ${until}  ${Ids.named(project, names)}  ${printableId(checkpoint)}${because(reason)}`
  )
  return soon.length === 0 ? [] : [bold("Ending within 14 days:"), ...soon, ""]
}

const ignoredEnds = (plan: AccessPlan.AccessPlan, { bold, yellow }: Style, names: Names): ReadonlyArray<string> => {
  const ends = AccessPlan.ignoredEnds(plan).map(({ checkpoint, project, until }) =>
    yellow(
      `! ${Ids.named(project, names)}  keeps access after ${until}: also listed without until  ${printableId(checkpoint)}`
    )
  )
  return ends.length === 0 ? [] : [bold("Ends that do not count:"), ...ends, ""]
}

/** Returns the planned steps of each checkpoint, those that revoke first: a text may be cut off at its end. */
const changesFirst = (checkpoints: ReadonlyArray<AccessPlan.CheckpointPlan>) => {
  const all = checkpoints.flatMap((one) => {
    const [others, revokes] = Arr.partition(AccessPlan.planned(one), AccessPlan.isRevoke)
    const [rest, grants] = Arr.partition(others, AccessPlan.isGrant)
    return [
      { ...one, steps: revokes, first: revokes.length },
      { ...one, steps: [...grants, ...rest], first: 0 }
    ]
  })
  return all.filter(({ steps }) => steps.length > 0).toSorted((a, b) => b.first - a.first)
}

/** Returns a sentence about the part of the policy that the plan covers. */
const scopeLines = ({ scope }: AccessPlan.AccessPlan): ReadonlyArray<string> => {
  if (scope === undefined) return []
  const { changed, differences = [], entries } = scope
  const of = `of ${entries} ${entries === 1 ? "entry" : "entries"}`
  const rest = entries - changed.length
  const others = rest === 0 ? "." : `; the other ${rest} ${rest === 1 ? "was" : "were"} not read.`
  const access = differences.length === 0 ? "" : " in access"
  if (rest === entries) return [`None ${of} differs${access}: nothing was read.`]
  return [`${changed.length} ${of} ${changed.length === 1 ? "differs" : "differ"}${others}`]
}

/** Returns lines for the steps that an apply leaves out, by reason. */
const leftLines = ({ checkpoints }: AccessPlan.AccessPlan, { bold }: Style, names: Names): ReadonlyArray<string> => {
  const all = checkpoints.flatMap(({ checkpoint, steps }) =>
    steps.flatMap((step) => (step.left === undefined ? [] : [{ ...step, checkpoint, left: step.left }]))
  )
  return Object.entries(Arr.groupBy(all, ({ left }) => AccessPlan.leftOutReasons[left])).flatMap(([reason, steps]) => [
    bold(`Left out: ${reason}`),
    ...steps.map((step) => {
      const id = AccessPlan.isDelete(step) ? `  ${printableId(step.permission.id)}` : ""
      const place = `${Ids.named(step.project, names)}${id}  ${printableId(step.checkpoint)}`
      const cause = joined(", ", [originOf(step), newerText(step)])
      return `  ${AccessPlan.isGrant(step) ? "+" : "-"} ${place}${cause === "" ? "" : `  ${cause}`}`
    }),
    ""
  ])
}

/** Returns lines for the entries of a policy for which nothing is planned, with the reason. */
export const notPlanned = (plan: AccessPlan.AccessPlan, { bold, yellow }: Style): ReadonlyArray<string> => [
  ...plan.unread.flatMap(({ checkpoint, reason }) => [
    bold(printableId(checkpoint)),
    yellow(`! not read, nothing planned: ${singleLine(reason)}`),
    ""
  ]),
  ...(plan.gone ?? []).flatMap((gone) => [
    bold(printableId(gone.checkpoint)),
    yellow(`! gone: the API has no such checkpoint${lineOf(gone)}`),
    ""
  ]),
  ...(plan.leftOut ?? []).flatMap(({ checkpoint, diagnostics }) => [
    bold(printableId(checkpoint)),
    ...diagnostics.map((diagnostic) => yellow(`! left out: ${singleLine(AccessPolicy.describe(diagnostic))}`)),
    ""
  ])
]

const body = (plan: AccessPlan.AccessPlan, style: Style, projectNames: Names = {}): ReadonlyArray<string> => {
  const { bold, dim, green, red, yellow } = style
  const all = changesFirst(plan.checkpoints).map((one) => ({
    ...one,
    lines: one.steps.map((step) => stepLine(projectNames, step))
  }))
  const longest = (of: (line: Line) => string) =>
    Math.min(40, Math.max(0, ...all.flatMap(({ lines }) => lines.map((line) => width(of(line))))))
  const projects = longest(({ project }) => project)
  const names = longest(({ name }) => name)
  const color = { "+": green, "-": red, "!": yellow }
  const shown = ({ name, note, project, sign }: Line): string => {
    const alone = name === "" && note === ""
    const last = note === ""
    return [
      color[sign](`${sign} ${alone ? project : pad(project, projects)}`),
      ...(names === 0 || alone ? [] : [last ? name : pad(name, names)]),
      ...(last ? [] : [dim(note)])
    ].join("  ")
  }
  const unchanged = plan.checkpoints.length - new Set(all.map(({ checkpoint }) => checkpoint)).size
  return [
    ...differenceLines(plan, style, projectNames, { gives: true, title: "The policy gives access:" }),
    ...all.flatMap(({ checkpoint, found, kept, lines }) => [
      bold(printableId(checkpoint)),
      ...(found.length === 0 ? [dim("  no permission there yet")] : []),
      ...lines.map(shown),
      ...(kept.length === 0 ? [] : [dim(`  ${pluralize(kept.length, "project")} unchanged`)]),
      ""
    ]),
    ...notPlanned(plan, style),
    ...leftLines(plan, style, projectNames),
    ...unmanaged(plan, style),
    ...differenceLines(plan, style, projectNames, { gives: false, title: "Also changed in the policy:" }),
    ...ignoredEnds(plan, style, projectNames),
    ...endings(plan, style, projectNames),
    ...(unchanged === 0 ? [] : [dim(`${pluralize(unchanged, "checkpoint")} unchanged.`), ""])
  ]
}

const changesOf = (plan: AccessPlan.AccessPlan): ReadonlyArray<string> => {
  const count = shownDifferences(plan).length
  return count === 0 ? [] : [`${pluralize(count, "other change")} of the policy`]
}

/** Returns the text of a plan without steps. It has no statement about checkpoints that were not read. */
const emptySummary = (plan: AccessPlan.AccessPlan): string => {
  const {
    counts: { checkpoints, duplicates, unread },
    leftOut = []
  } = plan
  if (leftOut.length > 0) return `incomplete, ${leftOut.length} ${leftOut.length === 1 ? "entry" : "entries"} left out`
  const others = duplicates === 0 ? "" : ` except ${pluralize(duplicates, "duplicate")}`
  const [differences] = changesOf(plan)
  const nothing = differences === undefined ? `nothing to change${others}` : `no step${others}, ${differences}`
  if (unread === 0) return nothing
  return checkpoints === unread
    ? `unknown, ${pluralize(unread, "checkpoint")} not read`
    : `${nothing} at ${pluralize(checkpoints - unread, "checkpoint")}, ${unread} not read`
}

const summary = (plan: AccessPlan.AccessPlan, { bold, green, red, yellow }: Style): string => {
  const { counts, leftOut } = plan
  return counts.grants + counts.revokes === 0
    ? (counts.unread === 0 && leftOut === undefined ? bold : yellow)(`${capitalize(emptySummary(plan))}.`)
    : [
        `${bold(`${pluralize(counts.checkpoints, "checkpoint")}:`)} ${green(`${counts.grants} to grant`)}`,
        red(`${counts.revokes} to revoke`),
        `${counts.unchanged} unchanged`,
        ...(counts.duplicates === 0 ? [] : [pluralize(counts.duplicates, "duplicate")]),
        ...(counts.unread === 0 ? [] : [yellow(`${counts.unread} not read`)]),
        ...changesOf(plan)
      ]
        .join(", ")
        .concat(".")
}

type Estimate = Effect.Effect.Success<ReturnType<typeof Access.estimate>>

const estimateLine = (plan: AccessPlan.AccessPlan, estimate: Estimate | undefined): string => {
  if (estimate === undefined || plan.counts.creates + plan.counts.deletes === 0) return ""
  const { list, create, delete: remove } = estimate.requests
  const some = (count: number, noun: string) => (count === 0 ? [] : [pluralize(count, noun)])
  const kinds = [...some(list, "listing"), ...some(create, "create"), ...some(remove, "delete")]
  const time = formatEstimate(estimate)
  return `Estimated: ${pluralize(list + create + remove, "request")} (${kinds.join(", ")})${time === "" ? "" : `, ${time}`}.`
}

/** Returns notes on facts that were not read, as lines below a plan. */
const notesOf = (plan: AccessPlan.AccessPlan, unchecked: string | undefined): ReadonlyArray<string> => [
  ...caveats(plan),
  ...(unchecked === undefined ? [] : [`Project ids not checked: ${singleLine(unchecked)}.`])
]

interface Details {
  readonly estimate?: Estimate | undefined
  readonly sha256?: string | undefined
  /** The names of projects, if the list of projects was read. */
  readonly names?: Names | undefined
  readonly warnings?: ReadonlyArray<string> | undefined
  readonly unchecked?: string | undefined
}

/** Returns the number of revokes in bold, and the number of steps that are not in the change. */
const emphasis = ({ checkpoints, counts, scope }: AccessPlan.AccessPlan): ReadonlyArray<string> => {
  const act = scope === undefined ? "This plan" : "Merging"
  // with an invalid base, a merge makes no step
  const most = scope?.invalidBase === true ? "at most " : ""
  const unexplained = checkpoints
    .flatMap(({ steps }) => steps)
    .filter(({ left }) => left === "not in the change").length
  return [
    ...(counts.revokes === 0 ? [] : [`**${act} revokes ${most}${pluralize(counts.revokes, "permission")}.**`]),
    ...(unexplained === 0
      ? []
      : [`${unexplained === 1 ? "1 step is" : `${unexplained} steps are`} not in this change, and not applied.`])
  ]
}

export const text = (
  plan: AccessPlan.AccessPlan,
  style: Style,
  { estimate, names, sha256, unchecked }: Details
): string =>
  [
    ...body(plan, style, names),
    ...notesOf(plan, unchecked).map(style.yellow),
    ...scopeLines(plan),
    summary(plan, style),
    ...[estimateLine(plan, estimate)].filter((line) => line !== "").map(style.dim),
    ...(sha256 === undefined ? [] : [`Plan ${sha256}`]),
    ""
  ].join("\n")

/**
 * Returns a plan as Markdown for a review, revokes first. Every id, name and reason is inside one fenced block, so none
 * of them becomes a link, a mention or other markup.
 */
export const markdown = (plan: AccessPlan.AccessPlan, { estimate, names, sha256, warnings = [] }: Details): string => {
  const plain = style(false)
  const inside = body(plan, plain, names).join("\n").trimEnd()
  const { counts } = plan
  const empty = counts.grants + counts.revokes === 0
  const title = [
    `${counts.grants} to grant`,
    `${counts.revokes} to revoke`,
    ...(counts.unread === 0 ? [] : [`${counts.unread} not read`]),
    ...changesOf(plan)
  ]
  return [
    `### Access plan: ${empty ? emptySummary(plan) : title.join(", ")}`,
    "",
    ...(inside === "" ? [] : [fenced(inside, "diff"), ""]),
    ...[emphasis(plan).join(" ")].filter((line) => line !== "").flatMap((line) => [line, ""]),
    ...(warnings.length === 0 ? [] : [fenced(warnings.map(singleLine).join("\n"), "text"), ""]),
    `${pluralize(counts.checkpoints, "checkpoint")}, ${counts.unchanged} unchanged, ${counts.unread} not read. ${estimateLine(plan, estimate)}`.trimEnd(),
    ...[...scopeLines(plan), ...caveats(plan)].flatMap((note) => ["", note]),
    ...(sha256 === undefined ? [] : ["", `Plan \`${sha256}\``]),
    ""
  ].join("\n")
}

/** Returns the result of an apply as Markdown, its failure first. Every id, name and error is inside one fenced block. */
export const appliedMarkdown = (
  plan: AccessPlan.AccessPlan,
  done: string,
  names: Names = {},
  lines: ReadonlyArray<string | undefined>
): string => {
  const plain = style(false)
  const all = [
    ...lines.flatMap((line) => (line === undefined ? [] : [singleLine(line)])),
    ...leftLines(plan, plain, names),
    ...notPlanned(plan, plain),
    ...unmanaged(plan, plain)
  ]
  const isEmpty = all.length + plan.counts.creates + plan.counts.deletes === 0
  const title = `### Access apply: ${isEmpty ? "nothing to apply" : done}`
  return [title, "", ...(all.length === 0 ? [] : [fenced(all.join("\n"), "diff"), ""])].join("\n")
}
