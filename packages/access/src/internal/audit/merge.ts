import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { deal, type Part } from "../part.ts"
import { shown } from "../text.ts"
import type { AccessMatrix, Row } from "./matrix.ts"

/**
 * Audits that are not one together.
 *
 * @category errors
 */
export class UnmergeableAudits extends Schema.TaggedError<UnmergeableAudits>()("UnmergeableAudits", {
  /** Of another server, organization or project, or not the parts of one audit. */
  reason: Schema.Literal("server", "organization", "project", "parts", "missing"),
  detail: Schema.String,
  /** The numbers of the parts that are missing, if that is all. */
  missing: Schema.Array(Schema.Int)
}) {
  override get message(): string {
    return `the audits are not one together: ${this.detail}`
  }
}

const refused = (
  reason: UnmergeableAudits["reason"],
  detail: string,
  missing: ReadonlyArray<number> = []
): UnmergeableAudits => new UnmergeableAudits({ reason, detail, missing })

/** What all of them must have in common, and what it is called where it is not named. */
const common = [
  ["server", "apiUrl", ""],
  ["organization", "organization", "no named organization"],
  ["project", "project", "all projects"]
] as const

const difference = (first: AccessMatrix, other: AccessMatrix): UnmergeableAudits | undefined => {
  for (const [reason, field, none] of common) {
    const named = ({ [field]: value }: AccessMatrix) => (value === undefined ? none : shown(value, 200))
    if (first[field] !== other[field]) return refused(reason, `one is of ${named(first)}, another of ${named(other)}`)
  }
  return undefined
}

const numbers = (missing: ReadonlyArray<number>, of: number): string =>
  missing.length === 1 ? `part ${missing[0]} of ${of} is missing` : `parts ${missing.join(", ")} of ${of} are missing`

/** Whether each row is where the whole, dealt anew, has it: parts of two lists of checkpoints would not be. */
const isDealt = (matrices: ReadonlyArray<AccessMatrix>, rows: ReadonlyArray<Row>, of: number): boolean => {
  const whole = rows.map(({ checkpoint }) => checkpoint)
  return matrices.every(({ part, rows }) => {
    const dealt = new Set<string>(part === undefined ? [] : deal(whole, { number: part.number, of }))
    return rows.length === dealt.size && rows.every(({ checkpoint }) => dealt.has(checkpoint))
  })
}

const unfinished = (
  matrices: ReadonlyArray<AccessMatrix>,
  rows: ReadonlyArray<Row>,
  whole: Part
): UnmergeableAudits | undefined => {
  const isSibling = ({ part }: AccessMatrix) => part?.of === whole.of && part.checkpoints === whole.checkpoints
  if (!matrices.every(isSibling)) return refused("parts", "these are not the parts of one audit")
  const there = new Set(matrices.map(({ part }) => part?.number))
  const missing = Array.from({ length: whole.of }, (_, index) => index + 1).filter((number) => !there.has(number))
  if (missing.length > 0) {
    return refused(
      "missing",
      `${rows.length} of ${whole.checkpoints} checkpoints: ${numbers(missing, whole.of)}`,
      missing
    )
  }
  if (rows.length !== whole.checkpoints || !isDealt(matrices, rows, whole.of)) {
    return refused("parts", "these are parts of different checkpoints")
  }
  return undefined
}

/** The newest row of each checkpoint, where the first of it was. */
const newest = (matrices: ReadonlyArray<AccessMatrix>): ReadonlyArray<Row> => {
  const rows = new Map<string, Row>()
  for (const row of matrices.flatMap(({ rows }) => rows)) {
    const before = rows.get(row.checkpoint)
    if (before === undefined || !DateTime.lessThan(row.readAt, before.readAt)) rows.set(row.checkpoint, row)
  }
  return [...rows.values()]
}

/** In the order of their parts, so that it makes no difference in which order they come. */
const inOrder = (matrices: ReadonlyArray<AccessMatrix>): ReadonlyArray<AccessMatrix> =>
  [...matrices].sort((one, other) => (one.part?.number ?? 0) - (other.part?.number ?? 0))

/**
 * Audits that are one together: all parts of an audit, or audits of different checkpoints. Where several have a
 * checkpoint, the row that was read last stays, complete or not. It is as old as the oldest of them, and the newest
 * names stay.
 *
 * Fails with `UnmergeableAudits` when they are of different servers, organizations or asked projects, or when a part is
 * missing or is one of other checkpoints: what is merged of parts is always the whole.
 *
 * @category constructors
 */
export const merge = (matrices: ReadonlyArray<AccessMatrix>): Effect.Effect<AccessMatrix, UnmergeableAudits> =>
  Effect.gen(function* () {
    const sorted = inOrder(matrices)
    const [first] = sorted
    if (first === undefined) return yield* refused("parts", "there is none")
    const rows = newest(sorted)
    const whole = sorted.find(({ part }) => part !== undefined)?.part
    const refusals = [...sorted.map((other) => difference(first, other)), whole && unfinished(sorted, rows, whole)]
    const refusal = refusals.find((refusal) => refusal !== undefined)
    if (refusal !== undefined) return yield* refusal
    // What one of them read of the log says nothing of the others.
    const { log: __, part: _, ...head } = first
    const byAge = [...sorted].sort((one, other) => DateTime.Order(one.createdAt, other.createdAt))
    return {
      ...head,
      createdAt: byAge[0]?.createdAt ?? first.createdAt,
      names: Object.fromEntries(byAge.flatMap(({ names }) => Object.entries(names))),
      projects: [...new Set(sorted.flatMap(({ projects }) => projects))],
      rows
    }
  })
