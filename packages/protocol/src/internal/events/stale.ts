import type { Change } from "./change.ts"
import { type Recorded, withoutEvent } from "./recorded.ts"

/** A row of a saved audit. */
export interface SavedRow {
  readonly checkpoint: string
  /** When its first request was sent, in milliseconds. Older audits do not say so. */
  readonly readFrom?: number | undefined
  readonly complete: boolean
  readonly permissions: ReadonlyArray<{ readonly id: string }>
}

/** Clocks that differ, lag, and times in whole seconds: an event that is older than a row by less may be news to it. */
export const tolerance = 5 * 60_000

/** The time from which the log is asked for: what can concern the oldest row. */
export const since = (rows: ReadonlyArray<SavedRow>): number | undefined => {
  const times = rows.flatMap(({ readFrom }) => readFrom ?? [])
  return times.length === 0 ? undefined : times.reduce((one, other) => Math.min(one, other)) - tolerance
}

/** Whether a row may lack what happened at a time in Unix seconds. */
const concerns = ({ readFrom }: SavedRow, at: number): boolean =>
  readFrom === undefined || at * 1000 >= readFrom - tolerance

/** The checkpoints whose rows are read again: by an event, or since a row does not say what it knows. */
export const stale = (rows: ReadonlyArray<SavedRow>, changes: ReadonlyArray<Change>): ReadonlyArray<string> => {
  const newest = new Map<string, number>()
  for (const { at, checkpoint } of changes) {
    if (checkpoint !== undefined) newest.set(checkpoint, Math.max(at, newest.get(checkpoint) ?? at))
  }
  return rows
    .filter((row) => {
      const at = newest.get(row.checkpoint)
      return !row.complete || row.readFrom === undefined || (at !== undefined && concerns(row, at))
    })
    .map(({ checkpoint }) => checkpoint)
}

const lists = 10

/** Of these, so many are of the oldest rows whatever else is read. */
const listsOfOldest = 7

/**
 * If the oldest row is older, in milliseconds, the oldest rows get all lists whatever else is read: so each of 300 rows
 * is read within forty nights.
 */
const overdue = 30 * 24 * 60 * 60_000

const listsOf = ({ permissions }: SavedRow): number => Math.max(1, Math.ceil(permissions.length / 100))

/** The oldest rows, besides those that are read anyway: up to ten lists together, and one row at least. */
const oldest = (rows: ReadonlyArray<SavedRow>, read: ReadonlySet<string>, now: number): ReadonlyArray<string> => {
  const others = rows
    .filter(({ checkpoint }) => !read.has(checkpoint))
    .sort((one, other) => (one.readFrom ?? 0) - (other.readFrom ?? 0))
  const taken = rows.filter(({ checkpoint }) => read.has(checkpoint)).reduce((sum, row) => sum + listsOf(row), 0)
  const isOverdue = now - (others[0]?.readFrom ?? now) > overdue
  let left = Math.max(lists - taken, isOverdue ? lists : listsOfOldest)
  return others.flatMap((row, index) => {
    left -= listsOf(row)
    return left >= 0 || index === 0 ? row.checkpoint : []
  })
}

/** What the log showed, and what is given beside it. */
export interface Log {
  /** When it was asked, in milliseconds. */
  readonly askedAt: number
  /** Its changes from {@link since} on. */
  readonly changes: ReadonlyArray<Change>
  readonly refused?: string | undefined
  /** Whether it shows anything from before the oldest row. */
  readonly reachesBack: boolean
  /** Journals of writes to this organization. */
  readonly recorded: ReadonlyArray<Recorded>
}

/** Why every row is read. */
export type WhyAll =
  | { readonly _tag: "Refused"; readonly detail: string }
  | { readonly _tag: "Empty" }
  | { readonly _tag: "Future"; readonly event: string; readonly at: number }
  | { readonly _tag: "Unresolved"; readonly event: string }
  | { readonly _tag: "NoEvent"; readonly action: "grant" | "revoke"; readonly permission: string }
  | { readonly _tag: "Unexplained"; readonly checkpoint: string; readonly permission: string }

/** Why the log cannot be trusted to say where to look. */
const whyAll = (rows: ReadonlyArray<SavedRow>, log: Log): WhyAll | undefined => {
  if (log.refused !== undefined) return { _tag: "Refused", detail: log.refused }
  if (!log.reachesBack) return { _tag: "Empty" }
  const future = log.changes.find(({ at }) => at * 1000 > log.askedAt)
  if (future !== undefined) return { _tag: "Future", event: future.event, at: future.at }
  const unresolved = log.changes.find(
    ({ at, checkpoint }) => checkpoint === undefined && rows.some((row) => concerns(row, at))
  )
  if (unresolved !== undefined) return { _tag: "Unresolved", event: unresolved.event }
  const from = since(rows)
  const missing =
    from === undefined ? undefined : withoutEvent(log.recorded, log.changes, from + tolerance, log.askedAt)
  return missing && { _tag: "NoEvent", action: missing.action, permission: missing.permission }
}

/** Which checkpoints a run reads, and why all of them if it does. */
export interface ToRead {
  readonly checkpoints: ReadonlyArray<string>
  readonly why?: WhyAll | undefined
}

/**
 * The checkpoints to read first: those without a row, those that events ask for, and the oldest rows; or all. What they
 * show is given to {@link unexplained}.
 */
export const toRead = (wanted: ReadonlyArray<string>, rows: ReadonlyArray<SavedRow>, log: Log): ToRead => {
  const asked = new Set(wanted)
  const saved = rows.filter(({ checkpoint }) => asked.has(checkpoint))
  const why = whyAll(saved, log)
  if (why !== undefined) return { checkpoints: wanted, why }
  const known = new Set(saved.map(({ checkpoint }) => checkpoint))
  const read = new Set([...wanted.filter((one) => !known.has(one)), ...stale(saved, log.changes)])
  for (const checkpoint of oldest(saved, read, log.askedAt)) read.add(checkpoint)
  return { checkpoints: wanted.filter((one) => read.has(one)) }
}

/**
 * A permission that came or went at a checkpoint without an event: then the log does not show everything, and every row
 * is read.
 */
export const unexplained = (
  before: SavedRow,
  after: SavedRow,
  changes: ReadonlyArray<Change>
): Extract<WhyAll, { _tag: "Unexplained" }> | undefined => {
  const missingIn = (one: SavedRow, other: SavedRow, action: Change["action"]) => {
    const there = new Set(other.permissions.map(({ id }) => id))
    const logged = new Set(changes.flatMap((change) => (change.action === action ? (change.permission ?? []) : [])))
    // What a row does not hold that was not read to the end is unknown.
    return other.complete ? one.permissions.find(({ id }) => !there.has(id) && !logged.has(id)) : undefined
  }
  if (before.readFrom === undefined) return undefined
  const permission = (missingIn(after, before, "grant") ?? missingIn(before, after, "revoke"))?.id
  return permission === undefined ? undefined : { _tag: "Unexplained", checkpoint: after.checkpoint, permission }
}
