/** The changes of a plan as text: in colors for a terminal, or as Markdown for a review. */
import { createdAt } from "@checkpoint-permissions/core/Permission"
import {
  fenced,
  namedId,
  pluralize,
  printable,
  printableId,
  printableLine
} from "@checkpoint-permissions/protocol/text"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import { capitalize } from "effect/String"
import { nameOf } from "../audit/cells.ts"
import { describe } from "../policy/entry.ts"
import * as Text from "../text/columns.ts"
import { differenceLines, type Names, shownDifferences, unmanaged } from "./differences.ts"
import { endings, ignoredEnds } from "./ends.ts"
import type { Estimate } from "./estimate.ts"
import {
  type AccessPlan,
  type CheckpointPlan,
  isDelete,
  isGrant,
  isRevoke,
  leftOutReasons,
  planned,
  type Step
} from "./steps.ts"

const because = (reason: string | undefined): string => (reason === undefined ? "" : ` (${printableLine(reason)})`)

const lineOf = ({ at }: { readonly at?: string }): string => (at === undefined ? "" : `, ${printableLine(at)}`)

/** Returns the commit of a step, or its approval, on one line: `3f9c2d1 Add search (2026-12-04 09:12)`. */
export const originOf = ({ approved, commit }: Pick<Step, "approved" | "commit">): string => {
  const at = (time: DateTime.Utc) => DateTime.formatIso(time).slice(0, 16).replace("T", " ")
  if (commit !== undefined) return `${commit.id.slice(0, 7)} ${printableLine(commit.subject)} (${at(commit.at)})`
  return approved === undefined ? "" : `approved as of ${at(approved)}`
}

/** Returns the change on the server after which a step is left out. */
const newerText = ({ newer }: Step): string =>
  newer === undefined
    ? ""
    : `changed ${Text.second(newer.at)}${newer.by === undefined ? "" : ` by ${printableLine(newer.by)}`}`

const joined = (separator: string, parts: ReadonlyArray<string>): string =>
  parts.filter((part) => part !== "").join(separator)

const stepLine = (names: Names, step: Step) => {
  const { although, project, reason, until, why } = step
  const end = until === undefined ? "" : `${until}${because(reason)}`
  const notes = {
    missing: end === "" ? "" : `until ${end}`,
    unwanted: "",
    ended: `access has ended after ${end}${lineOf(step)}`,
    duplicate: "a duplicate: an apply deletes it",
    undo: ""
  }
  const since = isDelete(step) ? `${step.permission.id}, since ${Text.day(createdAt(step.permission))}` : ""
  const doubt = although === undefined ? "" : joined(", ", [although, newerText(step)])
  return {
    sign: isGrant(step) ? "+" : why === "duplicate" ? "!" : "-",
    project: printableId(project),
    name: printableLine(nameOf({ names }, project) ?? ""),
    note: printable(joined("; ", [joined(": ", [since, notes[why]]), originOf(step), doubt]))
  } as const
}

type Line = ReturnType<typeof stepLine>

/** Returns lines for access whose last day is within 14 days. */
const endingLines = (plan: AccessPlan, { bold }: Text.Style, names: Names): ReadonlyArray<string> => {
  const soon = endings(plan).map(
    ({ checkpoint, project, reason, until }) =>
      `  ${until}  ${namedId(project, nameOf({ names }, project))}  ${printableId(checkpoint)}${because(reason)}`
  )
  return soon.length === 0 ? [] : [bold("Ending within 14 days:"), ...soon, ""]
}

const ignoredEndLines = (plan: AccessPlan, { bold, unknown }: Text.Style, names: Names): ReadonlyArray<string> => {
  const ends = ignoredEnds(plan).map(({ checkpoint, project, until }) =>
    unknown(
      `! ${namedId(project, nameOf({ names }, project))}  keeps access after ${until}: also listed without until  ${printableId(checkpoint)}`
    )
  )
  return ends.length === 0 ? [] : [bold("Ends that do not count:"), ...ends, ""]
}

/** Returns the planned steps of each checkpoint, those that revoke first: a text may be cut off at its end. */
const changesFirst = (checkpoints: ReadonlyArray<CheckpointPlan>) => {
  const all = checkpoints.flatMap((one) => {
    const [others, revokes] = Arr.partition(planned(one), isRevoke)
    const [rest, grants] = Arr.partition(others, isGrant)
    return [
      { ...one, steps: revokes, first: revokes.length },
      { ...one, steps: [...grants, ...rest], first: 0 }
    ]
  })
  return all.filter(({ steps }) => steps.length > 0).toSorted((a, b) => b.first - a.first)
}

/** Returns a sentence about the part of the policy that the plan covers. */
const scopeLines = ({ scope }: AccessPlan): ReadonlyArray<string> => {
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
const leftLines = ({ checkpoints }: AccessPlan, { bold }: Text.Style, names: Names): ReadonlyArray<string> => {
  const all = checkpoints.flatMap(({ checkpoint, steps }) =>
    steps.flatMap((step) => (step.left === undefined ? [] : [{ ...step, checkpoint, left: step.left }]))
  )
  return Object.entries(Arr.groupBy(all, ({ left }) => leftOutReasons[left])).flatMap(([reason, steps]) => [
    bold(`Left out: ${reason}`),
    ...steps.map((step) => {
      const id = isDelete(step) ? `  ${printableId(step.permission.id)}` : ""
      const place = `${namedId(step.project, nameOf({ names }, step.project))}${id}  ${printableId(step.checkpoint)}`
      const cause = joined(", ", [originOf(step), newerText(step)])
      return `  ${isGrant(step) ? "+" : "-"} ${place}${cause === "" ? "" : `  ${cause}`}`
    }),
    ""
  ])
}

/** Returns lines for the entries of a policy for which nothing is planned, with the reason. */
const notPlanned = (plan: AccessPlan, { bold, unknown }: Text.Style): ReadonlyArray<string> => [
  ...plan.unread.flatMap(({ checkpoint, reason }) => [
    bold(printableId(checkpoint)),
    unknown(`! not read, nothing planned: ${printableLine(reason)}`),
    ""
  ]),
  ...(plan.gone ?? []).flatMap((gone) => [
    bold(printableId(gone.checkpoint)),
    unknown(`! gone: the API has no such checkpoint${lineOf(gone)}`),
    ""
  ]),
  ...(plan.leftOut ?? []).flatMap(({ checkpoint, diagnostics }) => [
    bold(printableId(checkpoint)),
    ...diagnostics.map((diagnostic) => unknown(`! left out: ${printableLine(describe(diagnostic))}`)),
    ""
  ])
]

const body = (plan: AccessPlan, style: Text.Style, projectNames: Names = {}): ReadonlyArray<string> => {
  const { bold, faint, access, revoked, unknown } = style
  const all = changesFirst(plan.checkpoints).map((one) => ({
    ...one,
    lines: one.steps.map((step) => stepLine(projectNames, step))
  }))
  const longest = (of: (line: Line) => string) =>
    Math.min(40, Math.max(0, ...all.flatMap(({ lines }) => lines.map((line) => Text.width(of(line))))))
  const projects = longest(({ project }) => project)
  const names = longest(({ name }) => name)
  const color = { "+": access, "-": revoked, "!": unknown }
  const shown = ({ name, note, project, sign }: Line): string => {
    const alone = name === "" && note === ""
    const last = note === ""
    return [
      color[sign](`${sign} ${alone ? project : Text.pad(project, projects)}`),
      ...(names === 0 || alone ? [] : [last ? name : Text.pad(name, names)]),
      ...(last ? [] : [faint(note)])
    ].join("  ")
  }
  const unchanged = plan.checkpoints.length - new Set(all.map(({ checkpoint }) => checkpoint)).size
  return [
    ...differenceLines(plan, style, projectNames, { gives: true, title: "The policy gives access:" }),
    ...all.flatMap(({ checkpoint, found, kept, lines }) => [
      bold(printableId(checkpoint)),
      ...(found.length === 0 ? [faint("  no permission there yet")] : []),
      ...lines.map(shown),
      ...(kept.length === 0 ? [] : [faint(`  ${pluralize(kept.length, "project")} unchanged`)]),
      ""
    ]),
    ...notPlanned(plan, style),
    ...leftLines(plan, style, projectNames),
    ...unmanaged(plan, style),
    ...differenceLines(plan, style, projectNames, { gives: false, title: "Also changed in the policy:" }),
    ...ignoredEndLines(plan, style, projectNames),
    ...endingLines(plan, style, projectNames),
    ...(unchanged === 0 ? [] : [faint(`${pluralize(unchanged, "checkpoint")} unchanged.`), ""])
  ]
}

const changesOf = (plan: AccessPlan): ReadonlyArray<string> => {
  const count = shownDifferences(plan).length
  return count === 0 ? [] : [`${pluralize(count, "other change")} of the policy`]
}

/** Returns the text of a plan without steps. It has no statement about checkpoints that were not read. */
const emptySummary = (plan: AccessPlan): string => {
  const {
    counts: { checkpoints, duplicates, unread },
    leftOut = []
  } = plan
  const steps = plan.checkpoints.flatMap(({ steps }) => steps)
  const left = steps.filter(({ left }) => left !== undefined && left !== "owns the model").length
  if (leftOut.length > 0) return `incomplete, ${leftOut.length} ${leftOut.length === 1 ? "entry" : "entries"} left out`
  const others = duplicates === 0 ? "" : ` except ${pluralize(duplicates, "duplicate")}`
  const facts = [...(left === 0 ? [] : [`${left} left out`]), ...changesOf(plan)]
  const nothing = facts.length === 0 ? `nothing to change${others}` : [`no step${others}`, ...facts].join(", ")
  if (unread === 0) return nothing
  return checkpoints === unread
    ? `unknown, ${pluralize(unread, "checkpoint")} not read`
    : `${nothing} at ${pluralize(checkpoints - unread, "checkpoint")}, ${unread} not read`
}

const summary = (plan: AccessPlan, { bold, access, revoked, unknown }: Text.Style): string => {
  const { counts, leftOut } = plan
  return counts.grants + counts.revokes === 0
    ? (counts.unread === 0 && leftOut === undefined ? bold : unknown)(`${capitalize(emptySummary(plan))}.`)
    : [
        `${bold(`${pluralize(counts.checkpoints, "checkpoint")}:`)} ${access(`${counts.grants} to grant`)}`,
        revoked(`${counts.revokes} to revoke`),
        `${counts.unchanged} unchanged`,
        ...(counts.duplicates === 0 ? [] : [pluralize(counts.duplicates, "duplicate")]),
        ...(counts.unread === 0 ? [] : [unknown(`${counts.unread} not read`)]),
        ...changesOf(plan)
      ]
        .join(", ")
        .concat(".")
}

/**
 * Options of the text of a plan: what it has besides the changes.
 *
 * @category rendering
 */
export interface PlanTextOptions extends Pick<Text.TextOptions, "color"> {
  /** The requests of an apply, and their estimated time as text. */
  readonly estimate?: { readonly requests: Estimate["requests"]; readonly time: string } | undefined
  /** The digest of the plan, for a review to record. */
  readonly sha256?: string | undefined
  /** The names of projects by id. */
  readonly names?: Names | undefined
  /** Sentences below the changes, such as a fact that was not read. */
  readonly notes?: ReadonlyArray<string> | undefined
  /** Warnings, one line each. In Markdown only. */
  readonly warnings?: ReadonlyArray<string> | undefined
}

const estimateLine = ({ counts }: AccessPlan, estimate: PlanTextOptions["estimate"]): string => {
  if (estimate === undefined || counts.creates + counts.deletes === 0) return ""
  const { list, create, delete: remove } = estimate.requests
  const some = (count: number, noun: string) => (count === 0 ? [] : [pluralize(count, noun)])
  const kinds = [...some(list, "listing"), ...some(create, "create"), ...some(remove, "delete")]
  return `Estimated: ${pluralize(list + create + remove, "request")} (${kinds.join(", ")})${estimate.time === "" ? "" : `, ${estimate.time}`}.`
}

/** Returns the number of revokes in bold, and the number of steps that are not in the change. */
const emphasis = ({ checkpoints, counts, scope }: AccessPlan): ReadonlyArray<string> => {
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

/**
 * Returns a plan as text for a terminal, in lines of any length.
 *
 * @category rendering
 */
export const toText = (
  plan: AccessPlan,
  { color, estimate, names, notes = [], sha256 }: PlanTextOptions = {}
): string => {
  const style = Text.style(color)
  return [
    ...body(plan, style, names),
    ...notes.map(style.unknown),
    ...scopeLines(plan),
    summary(plan, style),
    ...[estimateLine(plan, estimate)].filter((line) => line !== "").map(style.faint),
    ...(sha256 === undefined ? [] : [`Plan ${sha256}`]),
    ""
  ].join("\n")
}

/**
 * Returns a plan as Markdown for a review, revokes first. Every id, name and reason is inside one fenced block, so none
 * of them becomes a link, a mention or other markup.
 *
 * @category rendering
 */
export const toMarkdown = (
  plan: AccessPlan,
  { estimate, names, notes = [], sha256, warnings = [] }: Omit<PlanTextOptions, "color"> = {}
): string => {
  const inside = body(plan, Text.style(), names).join("\n").trimEnd()
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
    ...(warnings.length === 0 ? [] : [fenced(warnings.map(printableLine).join("\n"), "text"), ""]),
    `${pluralize(counts.checkpoints, "checkpoint")}, ${counts.unchanged} unchanged, ${counts.unread} not read. ${estimateLine(plan, estimate)}`.trimEnd(),
    ...[...scopeLines(plan), ...notes].flatMap((note) => ["", note]),
    ...(sha256 === undefined ? [] : ["", `Plan \`${sha256}\``]),
    ""
  ].join("\n")
}

/**
 * Returns the result of an apply as Markdown, its failure first. Every id, name and error is inside one fenced block.
 *
 * @category rendering
 */
export const appliedMarkdown = (
  plan: AccessPlan,
  done: string,
  names: Names = {},
  lines: ReadonlyArray<string | undefined>
): string => {
  const plain = Text.style()
  const all = [
    ...lines.flatMap((line) => (line === undefined ? [] : [printableLine(line)])),
    ...leftLines(plan, plain, names),
    ...notPlanned(plan, plain),
    ...unmanaged(plan, plain)
  ]
  const isEmpty = all.length + plan.counts.creates + plan.counts.deletes === 0
  const title = `### Access apply: ${isEmpty ? "nothing to apply" : done}`
  return [title, "", ...(all.length === 0 ? [] : [fenced(all.join("\n"), "diff"), ""])].join("\n")
}
