/** What stands below a matrix: why something is unknown, and all of it in one sentence. */
import { pluralize, printable } from "@checkpoint-permissions/protocol/text"
import { counts } from "../audit/cells.ts"
import type { AccessMatrix } from "../audit/matrix.ts"
import { hanging, type Style } from "./parts.ts"
import { readTimes } from "./readAt.ts"
import { wrap } from "./text.ts"

const mostReasons = 20

/** Why what is unknown is so; the same reason once. */
export const reasons = (matrix: AccessMatrix, style: Style, columns: number): ReadonlyArray<string> => {
  const times = new Map<string, number>()
  for (const row of matrix.rows) if (!row.complete) times.set(row.reason, (times.get(row.reason) ?? 0) + 1)
  const all = [...times].map(([reason, count]) =>
    count === 1 ? printable(reason) : `${pluralize(count, "checkpoint")} ${printable(reason)}`
  )
  const more = all.length > mostReasons ? [`and ${all.length - mostReasons} more reasons`] : []
  return [...all.slice(0, mostReasons), ...more].flatMap((reason) => hanging("?", reason, columns).map(style.unknown))
}

/** On which days how many of the models retire. */
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

/** All of it in one sentence. */
export const footer = (matrix: AccessMatrix, columns: number): ReadonlyArray<string> => {
  const { cells, checkpoints, duplicates, incomplete, ownerUnknown, projects } = counts(matrix)
  const parts = [
    `${cells.access} with a permission`,
    cells.owner === 0 ? "" : pluralize(cells.owner, "owner"),
    cells.unknown === 0 ? "" : `${cells.unknown} unknown`,
    incomplete === 0 ? "" : `${pluralize(incomplete, "checkpoint")} not read to the end`,
    duplicates === 0 ? "" : pluralize(duplicates, "duplicate permission")
  ].filter((part) => part !== "")
  const read = readTimes(matrix)
  const all = `${pluralize(checkpoints, "checkpoint")}, ${pluralize(projects, "project")}: ${parts.join(", ")}`
  const owners =
    ownerUnknown === 0
      ? []
      : [`the owner of ${pluralize(ownerUnknown, "checkpoint")} is not known, and has access without a permission`]
  return wrap(
    [all, ...owners, ...retirement(matrix), ...(read === undefined ? [] : [read.sentence])].join("; "),
    columns
  )
}
