import { createdAt } from "@checkpoint-permissions/core/Permission"
import * as Arr from "effect/Array"
import { hasServerOwner } from "../audit/cells.ts"
import type { AccessMatrix, Row } from "../audit/matrix.ts"
import { fileOfSource } from "../policy/check.ts"
import { type Compared, compare } from "../policy/compare.ts"
import type { Source } from "../policy/entry.ts"
import { filesIn } from "../policy/locations.ts"
import { dayOf } from "../policy/resolve.ts"
import type { Review } from "./due.ts"

type Reviewed = NonNullable<Row["review"]>

const marks = {
  ended: "ended",
  missing: "in the policy, no access",
  other: "not in the policy (mode: at-least)",
  unwanted: "not in the policy"
} as const

const markOf = (kind: Compared<unknown>["kind"]) => (kind === "kept" || kind === "owner" ? [] : [marks[kind]])

/** Returns the projects with a permission, then those that only the policy has, with their marks. */
const projectsAt = (entry: Review, { complete, permissions }: Row, day: string): Reviewed["projects"] => {
  const { ends = [], lastReview = "" } = entry
  // a day of the future is no last review, so every permission may be younger
  const reviewedOn = lastReview > day ? "0000-01-01" : lastReview
  return compare(entry, permissions, day).map(({ kind, permissions: [oldest], project }) => {
    const end = ends.find((one) => one.project === project && one.ignored !== true)
    const isYounger = oldest !== undefined && reviewedOn !== "" && dayOf(createdAt(oldest)) >= reviewedOn
    return {
      project,
      ...(end === undefined ? {} : { until: end.until }),
      ...(end?.reason === undefined ? {} : { reason: end.reason }),
      marks: [
        ...(kind === "missing" && !complete ? [] : markOf(kind)),
        ...(isYounger ? ["granted since the last review" as const] : [])
      ]
    }
  })
}

const differs = ({ projects }: Reviewed): boolean =>
  projects.some(({ marks: given }) =>
    given.some((mark) => mark !== "granted since the last review" && mark !== marks.other)
  )

const filesOf = (
  sources: ReadonlyArray<Source>,
  rows: ReadonlyArray<Row & { readonly review: Reviewed }>
): NonNullable<NonNullable<AccessMatrix["review"]>["files"]> =>
  sources.map(fileOfSource).flatMap(({ file = "the policy", locate, policy }) => {
    const here = rows.filter(({ review }) => review.file === file)
    const read = here.filter(({ complete }) => complete)
    const done = new Set<string>(read.map(({ checkpoint }) => checkpoint))
    const entries = Object.entries(policy?.checkpoints ?? {})
    const inherited = entries.flatMap(([checkpoint, { lastReview }]) => (lastReview === undefined ? [checkpoint] : []))
    const ownLine = new Map(
      entries.flatMap(([checkpoint, { lastReview }]) =>
        lastReview === undefined ? [] : [[checkpoint, locate(["checkpoints", checkpoint, "lastReview"], "key").line]]
      )
    )
    const result = {
      file,
      entries: inherited.length,
      notReviewed: inherited.filter((checkpoint) => !done.has(checkpoint)).length,
      differing: here.flatMap(({ checkpoint, review }) => (differs(review) ? [checkpoint] : [])),
      own: read.flatMap(({ checkpoint }) => {
        const line = ownLine.get(checkpoint)
        return line === undefined ? [] : [{ checkpoint, line }]
      })
    }
    return read.length === 0 ? [] : [result]
  })

/**
 * Makes the review of listed entries from an audit of their checkpoints. Entries of the same file are neighbors, and in a
 * file those with the same owner.
 *
 * @category constructors
 */
export const make = (
  matrix: AccessMatrix,
  {
    listed,
    sources = [],
    ...head
  }: {
    /** The texts of the policy, which have the file of each entry. Default: none. */
    readonly sources?: ReadonlyArray<Source>
    readonly listed: ReadonlyArray<Review>
    /** The current day, and the day by which the listed entries are due. */
    readonly day: string
    readonly dueBy: string
    /** The number of entries that were compared with the day, and of those that have no `reviewEvery`. */
    readonly entries: number
    readonly neverDue?: number
  }
): AccessMatrix => {
  const byCheckpoint = new Map(matrix.rows.map((row) => [row.checkpoint, row]))
  const fileAt = filesIn(sources)
  const rows = listed.flatMap((one) => {
    const row = byCheckpoint.get(one.checkpoint)
    if (row === undefined) return []
    const { dueSince, isDue, lastReview, owner } = one
    const file = fileAt.get(one.checkpoint)
    const review: Reviewed = {
      ...(file === undefined ? {} : { file }),
      ...(lastReview === undefined ? {} : { lastReview }),
      ...(dueSince === undefined ? {} : { dueSince }),
      isDue,
      projects: projectsAt(one, row, head.day)
    }
    const stated = owner === undefined || hasServerOwner(row) ? {} : { owner, ownerSource: "policy" as const }
    return [{ ...row, ...stated, review }]
  })
  const files = Object.values(Arr.groupBy(rows, ({ review }) => review.file ?? ""))
  return {
    ...matrix,
    review: { ...head, ...(sources.length === 0 ? {} : { files: filesOf(sources, rows) }) },
    rows: files.flatMap((inFile) => Object.values(Arr.groupBy(inFile, ({ owner = "" }) => owner)).flat())
  }
}
