/** The result of an apply of reviewed steps as Markdown, for the summary of a pipeline. */

import type { AccessStep } from "@checkpoint-permissions/access/AccessStep"
import * as AppliedAccess from "@checkpoint-permissions/access/AppliedAccess"
import { fenced, pluralize, printableId } from "@checkpoint-permissions/protocol/text"
import * as Option from "effect/Option"
import { isNew, isPassed, type Review, sinceText } from "../apply/record.ts"
import * as Ids from "../input/ids.ts"
import { singleLine } from "../terminal/columns.ts"
import { style } from "../terminal/style.ts"
import { endLine } from "./differences.ts"
import { leftSteps, leftTitles, notPlanned, stepLine } from "./plan.ts"

interface Applied {
  readonly review: Review
  readonly steps: ReadonlyArray<AccessStep>
  readonly names: Readonly<Record<string, string>> | undefined
  readonly notes: ReadonlyArray<string>
  readonly failure: string | undefined
}

const sourceOf = ({ selected }: Review, key: string): string => {
  const reviewed = selected.reviewed.find((step) => AppliedAccess.keyOf(step) === key)
  if (reviewed !== undefined) return reviewed.source ?? "reviewed for an earlier apply"
  const isStep = AppliedAccess.stepsOf(selected.plan).some((step) => AppliedAccess.keyOf(step) === key)
  return isStep ? "access has ended" : "a duplicate, access unchanged"
}

const block = (title: string, lines: ReadonlyArray<string>, language = "diff"): ReadonlyArray<string> =>
  lines.length === 0 ? [] : [title, "", fenced(lines.join("\n"), language), ""]

const noRecord = (entries: number): string =>
  `No record: ${entries === 1 ? "the one entry was" : `all ${entries} entries were`} compared. The ends of access are taken from the policy without a review.`

const toReview = "Change the entry in a pull request, whose plan then lists the step, or approve a plan that lists it."

const toGrantAgain = (unchecked: Review["unchecked"]): string =>
  `${unchecked === undefined ? "The project lost this access after the plan." : "It may have been revoked since."} To grant it, plan it again.`

const toReviewEnd = "The recorded end stays. Change the end in a pull request, or approve a plan that lists it."

const toKeep = "To keep it, change the policy. To undo it, approve a plan of the whole policy."

export const executedSteps = (review: Review, steps: ReadonlyArray<AccessStep>) =>
  steps.flatMap((step) => {
    if (step._tag !== "Granted" && step._tag !== "Revoked") return []
    const { checkpoint, permission, project_id: project } = step
    const made = { checkpoint, project, ...(step._tag === "Granted" ? {} : { permission }) }
    return [{ ...made, source: sourceOf(review, AppliedAccess.keyOf(made)) }]
  })

const unmade = ({ selected }: Review, steps: ReadonlyArray<AccessStep>, executed: ReadonlySet<string>): number => {
  const superfluous = steps.filter(
    ({ _tag }) => _tag === "AlreadyDone" || _tag === "Expired" || _tag === "OwnerProject"
  )
  const missing = AppliedAccess.stepsOf(selected.plan).filter((step) => !executed.has(AppliedAccess.keyOf(step)))
  return Math.max(0, missing.length - superfluous.length)
}

/** Returns an apply as Markdown. Every id, name and error is inside a fenced block. */
export const markdown = ({ failure, names = {}, notes, review, steps }: Applied): string => {
  const made = executedSteps(review, steps)
  const keys = new Set(made.map(AppliedAccess.keyOf))
  const executed = made.map(({ source, ...step }) => {
    const sign = "permission" in step ? "-" : "+"
    return `${stepLine(names, { ...step, sign })}  ${singleLine(source)}`
  })
  const left = leftSteps(review.selected.plan)
  const { ends, plan, reviews } = review.selected
  const { entries = 0 } = plan.scope ?? {}
  const notMade = unmade(review, steps, keys)
  const title = [
    executed.length + notMade === 0 ? "nothing to apply" : `${pluralize(executed.length, "step")} applied`,
    ...(notMade === 0 ? [] : [`${notMade} not made`]),
    ...(left.unreviewed.length === 0 ? [] : [`${left.unreviewed.length} not reviewed`]),
    ...(left.revokedSince.length === 0 ? [] : [`${left.revokedSince.length} ${sinceText(review.unchecked)}`]),
    ...(ends.length === 0 ? [] : [`${pluralize(ends.length, "end")} not reviewed`])
  ]
  return [
    `### Access apply: ${title.join(", ")}`,
    "",
    ...(executed.length === 0 ? [] : [fenced(executed.join("\n"), "diff"), ""]),
    ...(Option.exists(review.record, isNew) ? [noRecord(entries), ""] : []),
    ...block(
      leftTitles.unreviewed,
      left.unreviewed.map((step) => stepLine(names, step))
    ),
    ...(left.unreviewed.length === 0 ? [] : [toReview, ""]),
    ...block(
      review.unchecked === undefined ? leftTitles.revokedSince : "Of a plan that was applied before, left out:",
      left.revokedSince.map((step) => stepLine(names, step))
    ),
    ...(left.revokedSince.length === 0 ? [] : [toGrantAgain(review.unchecked), ""]),
    ...(review.unchecked === undefined
      ? []
      : [`Not checked against the audit log: ${singleLine(review.unchecked)}.`, ""]),
    ...block(
      "End not reviewed:",
      ends.map((end) => `${endLine(end, plan, names)}${isPassed(end, plan) ? "  has passed, nothing is revoked" : ""}`)
    ),
    ...(ends.length === 0 ? [] : [toReviewEnd, ""]),
    ...block(
      leftTitles.byHand,
      left.byHand.map((step) => stepLine(names, step))
    ),
    ...(left.byHand.length === 0 ? [] : [toKeep, ""]),
    ...block(
      "Not planned:",
      notPlanned(review.selected.plan, style(false)).filter((line) => line !== "")
    ),
    ...block("No longer managed, permissions stay:", (plan.scope?.removed ?? []).map(printableId), "text"),
    ...block(
      "Reviewed; the policy keeps:",
      reviews.map(({ approvals, checkpoint, day, projects, pullRequest }) =>
        [
          `${day}  ${printableId(checkpoint)}`,
          projects.map((project) => Ids.named(project, names)).join(", "),
          singleLine([`reviewed in ${pullRequest}`, ...(approvals === undefined ? [] : [approvals])].join(", "))
        ].join("  ")
      ),
      "text"
    ),
    ...block("Messages:", [...notes, ...(failure === undefined ? [] : [failure])].map(singleLine), "text")
  ].join("\n")
}
