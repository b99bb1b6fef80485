/** The changes of a plan as text for people: in colours for a terminal, or as Markdown for a review. */

import type * as Access from "@checkpoint-permissions/access/Access"
import type * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import { fenced, pluralize, printable, printableId } from "@checkpoint-permissions/protocol/text"
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

const linesOf = (
  names: Names,
  { byHand, duplicates, ends = [], grants, ownerProjects, revokes, unexplained }: AccessPlan.CheckpointPlan
) => {
  const line = (sign: "+" | "-" | "!", project: string, note: string) => ({
    sign,
    project: printableId(project),
    name: singleLine(Ids.nameIn(names, project) ?? ""),
    note: printable(note)
  })
  const endOf = (project: string) => ends.find((end) => end.project === project && end.ignored !== true)
  const revokeNote = ({ permission }: AccessPlan.CheckpointPlan["revokes"][number]): string => {
    const end = endOf(permission.project_id)
    const ended = end === undefined ? "" : `: access has ended after ${end.until}${because(end.reason)}${lineOf(end)}`
    return `${permission.id}, since ${instant(permission.created_at).slice(0, 10)}${ended}${handNote(permission.project_id, "; ")}`
  }
  const handNote = (project: string, before: string): string => {
    if (byHand?.some((one) => one === project) === true) return `${before}changed by hand`
    return unexplained?.some((one) => one === project) === true ? `${before}not in this change` : ""
  }
  const noteOf = (project: string): string => {
    const end = endOf(project)
    return end === undefined
      ? handNote(project, "")
      : `until ${end.until}${because(end.reason)}${handNote(project, "; ")}`
  }
  return [
    ...grants.map((project) => line("+", project, noteOf(project))),
    ...revokes.map((revoke) => line("-", revoke.permission.project_id, revokeNote(revoke))),
    ...ends.flatMap(({ ignored, project, until }) =>
      ignored === true ? [line("!", project, `keeps access after ${until}: also listed without until`)] : []
    ),
    ...duplicates.map(({ id, project_id }) => line("!", project_id, `${id}, a duplicate: an apply deletes it`)),
    ...ownerProjects.map((project) => line("!", project, "owns the model (always has access)"))
  ]
}

type Line = ReturnType<typeof linesOf>[number]

const isUnchanged = ({ duplicates, ends = [], grants, ownerProjects, revokes }: AccessPlan.CheckpointPlan): boolean =>
  grants.length + revokes.length + duplicates.length + ownerProjects.length === 0 &&
  ends.every(({ ignored }) => ignored !== true)

/** Returns lines for access whose last day is within 14 days. */
const endings = (plan: AccessPlan.AccessPlan, { bold }: Style, names: Names): ReadonlyArray<string> => {
  const soon = AccessPlan.endings(plan).map(
    ({ checkpoint, project, reason, until }) =>
      `  ${until}  ${Ids.named(project, names)}  ${printableId(checkpoint)}${because(reason)}`
  )
  return soon.length === 0 ? [] : [bold("Ending within 14 days:"), ...soon, ""]
}

/** Returns the checkpoints with revokes first, so that a text that is cut off at the end still shows all revokes. */
const revokesFirst = (checkpoints: ReadonlyArray<AccessPlan.CheckpointPlan>) =>
  checkpoints
    .flatMap((one): ReadonlyArray<AccessPlan.CheckpointPlan> => {
      if (one.grants.length === 0 || one.revokes.length === 0) return [one]
      const ends = one.ends?.filter(({ ignored }) => ignored !== true)
      return [
        { ...one, grants: [], unchanged: [], duplicates: [], ownerProjects: [], ends },
        { ...one, revokes: [] }
      ]
    })
    .toSorted((a, b) => b.revokes.length - a.revokes.length)

/** Returns a sentence about the part of the policy that the plan covers. */
const scopeLines = ({ scope }: AccessPlan.AccessPlan): ReadonlyArray<string> => {
  if (scope === undefined || scope.everything === true) return []
  const { changed, differences = [], due, entries } = scope
  const of = `of ${entries} ${entries === 1 ? "entry" : "entries"}`
  const rest = entries - changed.length
  const others = rest === 0 ? "." : `; the other ${rest} ${rest === 1 ? "was" : "were"} not read.`
  const what = due === true ? " from the record of applied access" : ""
  const access = differences.length === 0 ? "" : " in access"
  if (rest === entries) return [`None ${of} differs${access}${what}: nothing was read.`]
  return [`${changed.length} ${of} ${changed.length === 1 ? "differs" : "differ"}${what}${others}`]
}

interface LeftStep {
  readonly sign: "+" | "-"
  readonly project: string
  readonly permission?: string
  readonly checkpoint: string
}

/** Returns a step of a plan as a line: sign, project with its name, permission and checkpoint. */
export const stepLine = (names: Names, { checkpoint, permission, project, sign }: LeftStep): string =>
  [
    `${sign} ${Ids.named(project, names)}`,
    ...(permission === undefined ? [] : [printableId(permission)]),
    printableId(checkpoint)
  ].join("  ")

export const leftSteps = ({ checkpoints }: Pick<AccessPlan.AccessPlan, "checkpoints">) => {
  const all = checkpoints.flatMap(({ byHand = [], checkpoint, left }) => {
    const { revokedSince = [] } = left ?? {}
    const kindOf = (sign: "+" | "-", project: string): keyof typeof leftTitles => {
      if (sign === "+" && revokedSince.some((one) => one === project)) return "revokedSince"
      return byHand.some((one) => one === project) ? "byHand" : "unreviewed"
    }
    const step = (sign: "+" | "-", project: string, permission?: string) => ({
      kind: kindOf(sign, project),
      step: { sign, project, checkpoint, ...(permission === undefined ? {} : { permission }) } satisfies LeftStep
    })
    return [
      ...(left?.grants ?? []).map((project) => step("+", project)),
      ...(left?.revokes ?? []).map(({ permission }) => step("-", permission.project_id, permission.id))
    ]
  })
  const of = (wanted: keyof typeof leftTitles) => all.flatMap(({ kind, step }) => (kind === wanted ? [step] : []))
  return { byHand: of("byHand"), revokedSince: of("revokedSince"), unreviewed: of("unreviewed") }
}

export const leftTitles = {
  unreviewed: "Not reviewed, left out:",
  revokedSince: "Revoked since the plan, left out:",
  byHand: "Changed by hand, left as it is:"
}

const leftLines = (plan: AccessPlan.AccessPlan, { bold }: Style, names: Names): ReadonlyArray<string> => {
  const left = leftSteps(plan)
  return (["unreviewed", "revokedSince", "byHand"] as const).flatMap((kind) =>
    left[kind].length === 0
      ? []
      : [bold(leftTitles[kind]), ...left[kind].map((step) => `  ${stepLine(names, step)}`), ""]
  )
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
  const changed = plan.checkpoints.filter((checkpoint) => !isUnchanged(checkpoint))
  const all = revokesFirst(changed).map((checkpoint) => ({ checkpoint, lines: linesOf(projectNames, checkpoint) }))
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
  const unchanged = plan.checkpoints.length - changed.length
  return [
    ...differenceLines(plan, style, projectNames, { gives: true, title: "The policy gives access:" }),
    ...all.flatMap(({ checkpoint, lines }) => [
      bold(printableId(checkpoint.checkpoint)),
      ...(checkpoint.found.length === 0 && checkpoint.grants.length > 0 ? [dim("  no permission there yet")] : []),
      ...lines.map(shown),
      ...(checkpoint.unchanged.length === 0
        ? []
        : [dim(`  ${pluralize(checkpoint.unchanged.length, "project")} unchanged`)]),
      ""
    ]),
    ...notPlanned(plan, style),
    ...leftLines(plan, style, projectNames),
    ...unmanaged(plan, style),
    ...differenceLines(plan, style, projectNames, { gives: false, title: "Also changed in the policy:" }),
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
  return `Estimated: ${pluralize(list + create + remove, "request")} (${kinds.join(", ")}), ${formatEstimate(estimate)}.`
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

/** Returns the number of revokes in bold, and the numbers of steps that undo a change by hand, or are not in the change. */
const emphasis = ({ checkpoints, counts, scope }: AccessPlan.AccessPlan): ReadonlyArray<string> => {
  const isApproved = scope === undefined || scope.due === true || scope.everything === true
  const act = isApproved ? "This plan" : "Merging"
  // with an invalid base, a merge makes due steps only
  const most = scope?.invalidBase === true ? "at most " : ""
  const countOf = (kind: "byHand" | "unexplained"): number =>
    checkpoints.reduce((count, one) => {
      const projects = [...one.grants, ...one.revokes.map(({ permission }) => permission.project_id)]
      return count + projects.filter((project) => one[kind]?.includes(project)).length
    }, 0)
  const [byHand, unexplained] = [countOf("byHand"), countOf("unexplained")]
  return [
    ...(counts.revokes === 0 ? [] : [`**${act} revokes ${most}${pluralize(counts.revokes, "permission")}.**`]),
    ...(byHand === 0
      ? []
      : [
          `${byHand === 1 ? "1 step undoes" : `${byHand} steps undo`} a change by hand: to keep that access, change the policy.`
        ]),
    ...(unexplained === 0
      ? []
      : [
          `${unexplained === 1 ? "1 step is" : `${unexplained} steps are`} not in this change: to keep that access, change the policy.`
        ])
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
