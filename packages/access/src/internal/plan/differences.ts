/** The differences between the policy of a plan and the compared one, as text. */
import { nearestCheckpoint } from "@checkpoint-permissions/protocol/nearest"
import { namedId, printableId, printableLine } from "@checkpoint-permissions/protocol/text"
import * as Arr from "effect/Array"
import { nameOf } from "../audit/cells.ts"
import type { Style } from "../text/columns.ts"
import { givesAccess } from "./changes.ts"
import type { AccessPlan, Difference } from "./steps.ts"

export type Names = Readonly<Record<string, string>>

/**
 * Returns lines for the entries that are no longer in the policy of a partial plan. One whose name is similar to a new
 * entry's is printed with it.
 */
export const unmanaged = ({ scope }: AccessPlan, { bold }: Style): ReadonlyArray<string> => {
  if (scope === undefined || scope.removed.length === 0) return []
  const added = (scope.differences ?? []).flatMap((one) => (isAdded(one) ? [one.checkpoint] : []))
  const lines = scope.removed.map((one) => {
    const similar = nearestCheckpoint(one, added)
    return `  ${printableId(one)}${similar === undefined ? "" : ` (new: ${printableId(similar)})`}`
  })
  return [bold("No longer managed: their permissions stay"), ...lines, ""]
}

/** Returns the differences of a plan's policy that no step shows, those that give access first. */
export const shownDifferences = ({ checkpoints, scope }: AccessPlan): ReadonlyArray<Difference> => {
  const steps = new Map<string, ReadonlySet<string>>(
    checkpoints.map(({ checkpoint, steps }) => [checkpoint, new Set(steps.map(({ project }) => project))])
  )
  const { differences = [] } = scope ?? {}
  const added = new Set(differences.flatMap((one) => (isAdded(one) ? [one.checkpoint] : [])))
  return differences.filter((one) => {
    const { after, before, checkpoint, key, project } = one
    // the line of a new entry has its other keys
    if (added.has(checkpoint) && key !== "until") return isAdded(one)
    const isListing = key === "until" && (before === undefined || after === undefined)
    return !(isListing || key === "reason") || project === undefined || steps.get(checkpoint)?.has(project) !== true
  })
}

const isAdded = ({ before, key }: Difference): boolean => key === "mode" && before === undefined

const isRemoved = ({ after, key }: Difference): boolean => key === "mode" && after === undefined

/** Returns a difference as text, without its checkpoint. */
const differenceText = (
  { after, before, checkpoint, key, project, stays }: Difference,
  { checkpoints, day, scope }: AccessPlan,
  names: Names
): string => {
  const who = project === undefined ? "" : namedId(project, nameOf({ names }, project))
  const [from, to] = [before, after].map((value) => printableLine(value ?? "none"))
  switch (key) {
    case "until":
      if (after === undefined) {
        const { found = [] } = checkpoints.find((one) => one.checkpoint === checkpoint) ?? {}
        const keeps = stays === true && found.some(({ project_id }) => project_id === project)
        return `no longer listed${keeps ? ", keeps its access (mode: at-least)" : ""}: ${who}`
      }
      if (before === undefined) return `listed: ${who}${after === null ? "" : ` until ${after}`}`
      return after === null ? `no end any more: ${who} (was ${from})` : `until: ${who} ${from} → ${to}`
    case "mode": {
      const note = after === "at-least" ? " (nothing is revoked here from now on)" : ""
      if (before !== undefined) return `mode: ${from} → ${to}${note}`
      const others = (scope?.differences ?? []).filter(
        (one) => one.checkpoint === checkpoint && one.project === undefined
      )
      return `new entry: ${others.map((one) => `${one.key} ${printableLine(one.after ?? "")}`).join(", ")}`
    }
    case "reason":
      return `reason: ${who} ${from} → ${to}`
    case "lastReview":
      return `lastReview: ${from} → ${to}${after != null && after > day ? " (after today: it does not count)" : ""}`
    case "reviewEvery":
      return `reviewEvery: ${from} → ${to}${after === undefined ? ": no review is ever due" : ""}`
    case "owner":
      return `owner: ${from} → ${to}`
  }
}

/** Returns the lines of differences. Equal ones of several checkpoints have a line, and one for each checkpoint. */
export const differenceLines = (
  plan: AccessPlan,
  { bold }: Style,
  names: Names,
  { gives, title }: { readonly gives: boolean; readonly title: string }
): ReadonlyArray<string> => {
  const some = shownDifferences(plan).filter((one) => givesAccess(one) === gives && !isRemoved(one))
  const equal = Arr.groupBy(some, (one) => differenceText(one, plan, names))
  const sign = gives ? "+" : "!"
  const lines = Object.entries(equal).flatMap(([text, all]) => {
    const ids = all.map(({ checkpoint }) => printableId(checkpoint))
    return ids.length === 1 ? [`${sign} ${text}  ${ids[0]}`] : [`${sign} ${text}`, ...ids.map((id) => `    ${id}`)]
  })
  return lines.length === 0 ? [] : [bold(title), ...lines, ""]
}
