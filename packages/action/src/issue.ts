/** Decides when the issue about differences is opened, changed and closed, and writes the list in its body. */
import { createHash } from "node:crypto"
import * as Drift from "@checkpoint-permissions/access/Drift"
import { ascii, fenced, pluralize, singleLine } from "@checkpoint-permissions/protocol/text"
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { characters, commentLimit, cut, hidden } from "./report.ts"

/**
 * Kind, checkpoint, project and permission of a difference, and the day of its last successful read if later reads
 * failed.
 */
const Row = Schema.Tuple(
  Schema.String,
  Schema.String,
  Schema.String,
  Schema.String,
  Schema.optionalElement(Schema.String)
)

/** A difference without names: the digests of its checkpoint and of itself, and the day as in a row. */
const Digest = Schema.String

/** The list of an issue, stored in a hidden comment of its body. */
const Data = Schema.Struct({
  version: Schema.Literal(1),
  /** The day on which the differences were read. */
  read: Schema.String,
  /** The digest of the whole list, without days. */
  list: Schema.String,
  /** All rows; none if they are too long. */
  rows: Schema.Array(Schema.Union(Row, Digest))
})

/** A difference in the list. */
interface Entry {
  /** Identifies the checkpoint and the difference. */
  readonly at: string
  readonly key: string
  /** Kind, checkpoint, project and permission. Missing if only its digest was kept. */
  readonly row?: readonly [string, string, string, string]
  /** The checkpoint, if the row is missing. */
  readonly checkpoint?: string | undefined
  /** The day of the last successful read, if later reads failed. */
  readonly since?: string | undefined
}

const digest = (text: string, length: number): string =>
  createHash("sha256").update(text).digest("base64url").slice(0, length)

const entryOf = (row: NonNullable<Entry["row"]>, since?: string): Entry => {
  const at = digest(row[1], 6)
  return { at, key: `${at}.${digest(JSON.stringify(row), 6)}`, row, since }
}

const listOf = (entries: ReadonlyArray<Entry>): string =>
  digest(JSON.stringify(entries.map(({ key }) => key).sort()), 20)

const prefix = "checkpoint-permissions: list "

/** Reads the list of an issue. Returns `undefined` if it is missing or damaged: a user may have edited it. */
const listedIn = (body: string) => {
  const line = body.split("\n").find((one) => one.startsWith(`<!-- ${prefix}`))
  const data = Schema.decodeUnknownEither(Schema.parseJson(Data))(line?.slice(`<!-- ${prefix}`.length, -" -->".length))
  return Either.getOrUndefined(
    Either.map(data, ({ list, read, rows }) => ({
      list,
      read,
      entries: rows.map((row): Entry => {
        if (typeof row !== "string") return entryOf([row[0], row[1], row[2], row[3]], row[4])
        const [key = "", since] = row.split("@")
        return { at: key.slice(0, 6), key, since }
      })
    }))
  )
}

type Listed = ReturnType<typeof listedIn>

/** The maximum number of characters that the list takes in an issue. */
const listLimit = 45_000

/** Writes the list: in full, or as digests if it is too long, or as only the digest of the list. */
const written = (read: string, entries: ReadonlyArray<Entry>): string => {
  const textOf = (rows: (typeof Data.Type)["rows"]) =>
    hidden(`${prefix}${JSON.stringify({ version: 1, read, list: listOf(entries), rows } satisfies typeof Data.Type)}`)
  const short = ({ key, since }: Entry) => (since === undefined ? key : `${key}@${since}`)
  const full = entries.map((entry) => {
    const { row, since } = entry
    return row === undefined ? short(entry) : since === undefined ? row : ([...row, since] as const)
  })
  return [full, entries.map(short)].map(textOf).find(({ length }) => length <= listLimit) ?? textOf([])
}

/** An issue of this action, found by its marker. */
export interface Issue {
  readonly number: number
  readonly isOpen: boolean
  readonly body: string
}

/** A change of an issue. The comment is written before the body. If it fails, the next run writes it again. */
export type Change =
  | { readonly _tag: "Open"; readonly title: string; readonly body: string }
  | {
      readonly _tag: "Update"
      readonly number: number
      readonly comment?: string | undefined
      readonly body: string
      readonly isOpen: boolean
    }

/** The subject of an issue, and the page with the full report. */
export interface About {
  readonly policy: ReadonlyArray<string>
  readonly runUrl: string
}

/** Returns the marker of the issue for a server, an organization and a set of policies. */
export const markerOf = ({ apiUrl, organization = "" }: Drift.Drift, { policy }: About): string =>
  hidden(`checkpoint-permissions: drift ${JSON.stringify([apiUrl, organization, ...[...policy].sort()])}`)

const rowOf = (difference: Drift.Drift["differences"][number]): NonNullable<Entry["row"]> => [
  difference.kind,
  difference.checkpoint,
  "project" in difference ? difference.project : "",
  "permission" in difference ? difference.permission : ""
]

/** Returns the earlier differences that the last read neither confirms nor disproves. */
const unreadOf = (earlier: Listed, { differences, log, unmanaged }: Drift.Drift): ReadonlyArray<Entry> => {
  const unread = new Map(
    differences.flatMap(({ checkpoint, kind }) => (kind === "unread" ? [[digest(checkpoint, 6), checkpoint]] : []))
  )
  const read = new Set(differences.map(({ checkpoint }) => digest(checkpoint, 6)))
  const isLogUnread = unmanaged.isRead && !log.isComplete
  // an entry that was removed from the policy: its permissions end with a revoke, not with the entry
  const removed = new Map(unmanaged.isRead ? [] : unmanaged.checkpoints.map((one) => [digest(one, 6), one]))
  return (earlier?.entries ?? []).flatMap((entry) => {
    const isUnknown =
      unread.has(entry.at) ||
      (removed.has(entry.at) && entry.row?.[3] !== "") ||
      (isLogUnread && entry.row?.[0] === "unmanaged" && !read.has(entry.at))
    const checkpoint = unread.get(entry.at) ?? removed.get(entry.at)
    return isUnknown ? [{ ...entry, checkpoint, since: entry.since ?? earlier?.read }] : []
  })
}

/** Returns the list as a block of text: the first `most` differences, and the number of the others. */
const shown = (entries: ReadonlyArray<Entry>, most = 100): string => {
  const lines = entries.map(({ checkpoint = "", row = ["a difference", checkpoint], since }) =>
    [...row, ...(since === undefined ? [] : [`not read since ${since}`])]
      .filter((cell) => cell !== "")
      .map((cell) => singleLine(ascii(cell), 120))
      .join("  ")
  )
  const more = lines.length > most ? [`and ${lines.length - most} more`] : []
  return fenced([...lines.slice(0, most), ...more].join("\n"), "text")
}

/** Returns a list below a line with the number of its differences; nothing if it is empty. */
const section = (entries: ReadonlyArray<Entry>, title: (count: string) => string): ReadonlyArray<string> =>
  entries.length === 0 ? [] : ["", title(pluralize(entries.length, "difference")), "", shown(entries)]

/** Returns the body of an issue: its marker, its list, and as many rows of the table as fit. */
const bodyOf = (drift: Drift.Drift, about: About, entries: ReadonlyArray<Entry>): string => {
  const head = [markerOf(drift, about), written(DateTime.formatIsoDateUtc(drift.readAt), entries), "", ""].join("\n")
  const unread = entries.filter(({ since }) => since !== undefined)
  const tail = section(unread, (count) => `${count} of earlier nights, at checkpoints that were not read:`).join("\n")
  const fits = (text: string) => head.length + text.length + tail.length < commentLimit - 100
  const tables = [200, 100, 50, 25, 10, 0].map((rows) => Drift.toMarkdown(drift, { rows }))
  const table = tables.find(fits) ?? tables.at(-1) ?? ""
  const whole = `the [summary of the run](${about.runUrl})`
  return `${head}${cut(`${table}${tail}`, commentLimit - head.length, characters, whole)}`
}

/** Returns the comment about changes since the earlier list. */
const changed = (earlier: Listed, entries: ReadonlyArray<Entry>, { runUrl }: About): string => {
  const title = "### Access drift: the differences changed"
  const run = ["", `[Run](${runUrl})`, ""]
  if (earlier?.list !== listOf(earlier?.entries ?? [])) {
    return [title, "", `${pluralize(entries.length, "difference")} now. The earlier list was not kept.`, ...run].join(
      "\n"
    )
  }
  const before = new Set(earlier?.entries.map(({ key }) => key))
  const after = new Set(entries.map(({ key }) => key))
  const added = entries.filter(({ key }) => !before.has(key))
  const gone = (earlier?.entries ?? []).filter(({ key }) => !after.has(key))
  const parts = [
    ...section(added, (count) => `New, ${count}:`),
    ...section(gone, (count) => `No longer there, ${count}:`)
  ]
  return [title, ...parts, ...run].join("\n")
}

/**
 * Returns the changes of the issues with a marker after a read. They apply to the open issue, or else to the newest.
 */
export const changesOf = (issues: ReadonlyArray<Issue>, drift: Drift.Drift, about: About): ReadonlyArray<Change> => {
  const [issue] = issues.toSorted((a, b) => Number(b.isOpen) - Number(a.isOpen) || b.number - a.number)
  const earlier = issue && listedIn(issue.body)
  const read = drift.differences.flatMap((one) => (one.kind === "unread" ? [] : [entryOf(rowOf(one))]))
  // a listing that was cut off lists some of them again
  const keys = new Set(read.map(({ key }) => key))
  const entries = [...read, ...unreadOf(earlier, drift).filter(({ key }) => !keys.has(key))]
  if (drift.exitCode === 0 && entries.length === 0) {
    return issues.flatMap(({ body, isOpen, number }): ReadonlyArray<Change> => {
      const isListed = listedIn(body)?.list !== listOf([])
      const comment = isOpen ? Drift.toMarkdown(drift, { rows: 50 }) : undefined
      return isOpen || isListed
        ? [{ _tag: "Update", number, comment, body: bodyOf(drift, about, []), isOpen: false }]
        : []
    })
  }
  const body = bodyOf(drift, about, entries)
  if (issue === undefined) {
    // the exit code of the run already reports checkpoints that could not be read
    if (entries.length === 0) return []
    return [{ _tag: "Open", title: singleLine(`Access differs from ${about.policy.join(", ")}`, 200), body }]
  }
  const isAnother = earlier?.list !== listOf(entries)
  const isOpen = issue.isOpen || (isAnother && entries.length > 0)
  const comment = isAnother && isOpen ? changed(earlier, entries, about) : undefined
  return [{ _tag: "Update", number: issue.number, comment, body, isOpen }]
}
