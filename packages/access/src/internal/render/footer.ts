/** A summary of a matrix, below each of its forms. */
import { pluralize, printable } from "@checkpoint-permissions/protocol/text"
import { counts, projects as projectsOf } from "../audit/cells.ts"
import type { AccessMatrix } from "../audit/matrix.ts"
import { unreadText } from "../audit/modelPermissions.ts"
import { type EntryOptions, entriesOf } from "./entries.ts"
import { readTimes } from "./readAt.ts"
import { wrap } from "./text.ts"

/** Returns the retirement days with the number of models for each. */
const retirement = ({ rows }: AccessMatrix): ReadonlyArray<string> => {
  const days = new Map<string, number>()
  for (const { retires } of rows) if (retires !== undefined) days.set(retires, (days.get(retires) ?? 0) + 1)
  return days.size === 0
    ? []
    : [
        `${[...days]
          .sort()
          .map(([day, count]) => `${count} retire${count === 1 ? "s" : ""} on ${printable(day)}`)
          .join(", ")}`
      ]
}

/** Returns the summary of a matrix, with its unknown and hidden parts. */
export const footer = (matrix: AccessMatrix, columns: number, options?: EntryOptions): ReadonlyArray<string> => {
  const { cells, checkpoints, duplicates, incomplete, ownerUnknown, projects } = counts(matrix)
  const parts = [
    `${cells.access} with a permission`,
    cells.owner === 0 ? "" : pluralize(cells.owner, "owner"),
    cells.unknown === 0 ? "" : `${cells.unknown} unknown`,
    incomplete === 0 ? "" : `${pluralize(incomplete, "checkpoint")} not read to the end`,
    duplicates === 0 ? "" : pluralize(duplicates, "duplicate permission")
  ].filter((part) => part !== "")
  const read = readTimes(matrix)
  const ids = projectsOf(matrix)
  const all = `${pluralize(checkpoints, "checkpoint")}, ${pluralize(projects, "project")}: ${parts.join(", ")}`
  const owners =
    ownerUnknown === 0
      ? []
      : [`the owner of ${pluralize(ownerUnknown, "checkpoint")} is not known, and has access without a permission`]
  const hidden =
    options === undefined ? 0 : matrix.rows.filter((row) => entriesOf(matrix, row, ids, options).length === 0).length
  const empty = hidden === 0 ? [] : [`${pluralize(hidden, "checkpoint")} without access not shown (--all)`]
  const log =
    matrix.logFailure === undefined ? [] : [`actors of grants may be missing: ${printable(matrix.logFailure)}`]
  const unread = unreadText(matrix)
  const lists = unread === "" ? [] : [printable(unread)]
  const times = read === undefined ? [] : [read.sentence]
  return wrap([all, ...empty, ...owners, ...retirement(matrix), ...times, ...log, ...lists].join("; "), columns)
}
