/** One line for each project of each checkpoint, and one for what is unknown of a checkpoint. */
import { heldOf, type Item, kindOf } from "./audit.ts"
import type { Selection } from "./select.ts"
import { isDescending, type State } from "./state.ts"

export interface Grant {
  readonly checkpoint: Item
  /** Absent: every project that has no line of its own is unknown. */
  readonly project: Item | undefined
}

const isKnown = ({ audit }: Selection, row: Item, column: Item): boolean => {
  const kind = kindOf(audit, row, column)
  return kind === "access" || kind === "owner"
}

/** By row and column, or by date: then owners come before and unknown ones after all others. */
export const grantsOf = (selection: Selection, state: State): ReadonlyArray<Grant> => {
  const { audit, columns, rows } = selection
  const isByCheckpoint = state.rows === "checkpoints"
  const incomplete = (item: Item): ReadonlyArray<Grant> =>
    item.error === undefined ? [] : [{ checkpoint: item, project: undefined }]
  const grants = rows.flatMap((row): ReadonlyArray<Grant> => {
    const known = columns
      .filter((column) => isKnown(selection, row, column))
      .map(
        (column): Grant =>
          isByCheckpoint ? { checkpoint: row, project: column } : { checkpoint: column, project: row }
      )
    return isByCheckpoint ? [...known, ...incomplete(row)] : known
  })
  if (!isByCheckpoint) grants.push(...columns.flatMap(incomplete))
  if (state.sort !== "oldest" && state.sort !== "newest") return grants
  const sign = isDescending(state) ? -1 : 1
  const since = ({ checkpoint, project }: Grant): number =>
    project === undefined ? Infinity : sign * (heldOf(audit, checkpoint, project)?.since ?? -Infinity * sign)
  const times = new Map(grants.map((grant) => [grant, since(grant)]))
  const timeOf = (grant: Grant): number => times.get(grant) ?? 0
  return grants.sort((one, other) => (timeOf(one) === timeOf(other) ? 0 : timeOf(one) - timeOf(other)))
}
