/** The issue about differences: opened, commented on and closed by the list of each night. */
import { createHash } from "node:crypto"
import * as Drift from "@checkpoint-permissions/access/Drift"
import { singleLine } from "@checkpoint-permissions/protocol/text"
import * as report from "./report.ts"

/** An issue of this action, found by its marker. */
export interface Issue {
  readonly number: number
  readonly state: string
  readonly body?: string | null
}

/** A change of an issue, or a new one. The comment is written before the body. If it fails, the next run writes it again. */
export interface Change {
  /** Missing for a new issue. */
  readonly number?: number
  readonly title: string
  readonly body: string
  readonly comment?: string | undefined
  readonly isOpen: boolean
}

/** The subject of an issue, and the page with the full report. */
export interface About {
  readonly policy: ReadonlyArray<string>
  readonly runUrl: string
}

/** Returns the marker of an issue without its end, for a server, an organization and a set of policies. */
export const markerOf = ({ apiUrl, organization = "" }: Drift.Drift, { policy }: About): string => {
  const subject = JSON.stringify([apiUrl, organization, ...[...policy].sort()])
  return report.hidden(`checkpoint-permissions: drift ${subject}`).slice(0, -" -->".length)
}

const digest = (rows: ReadonlyArray<unknown>): string =>
  createHash("sha256").update(JSON.stringify(rows)).digest("hex").slice(0, 32)

/**
 * Returns the digest of the list of a night, without times and actors: a part for the policy, and one for checkpoints in
 * no policy. Without the audit log the second part is that of an earlier night.
 */
const digestOf = ({ differences, due = [], log, unmanaged }: Drift.Drift, earlier: string): string => {
  const rowsOf = (isUnmanaged: boolean) =>
    differences
      .filter(({ kind }) => (kind === "unmanaged") === isUnmanaged)
      .map(({ checkpoint, kind, ...one }) =>
        JSON.stringify([kind, checkpoint, "project" in one && one.project, "permission" in one && one.permission])
      )
      .sort()
  const [, before] = unmanaged.isRead && log.failure !== undefined ? earlier.split(".") : []
  return `${digest([due, ...rowsOf(false)])}.${before ?? digest(rowsOf(true))}`
}

const notRead =
  "The earlier differences of checkpoints that were not read are not listed. The edit history of this issue has them."

/**
 * Returns the change of the issue with a marker after a night: the open one, or else the newest. A night that lists
 * nothing closes it. A checkpoint that was not read opens none. Lines of a person above the marker stay.
 */
export const changeOf = (issues: ReadonlyArray<Issue>, drift: Drift.Drift, about: About): Change | undefined => {
  const { differences, due = [], exitCode } = drift
  const [issue] = issues.toSorted((a, b) => b.state.localeCompare(a.state) || b.number - a.number)
  const start = markerOf(drift, about)
  const lines = issue?.body?.split(/\r?\n/) ?? []
  const at = lines.findIndex((line) => line.startsWith(start))
  const found = lines[at]?.slice(start.length + 1, -" -->".length) ?? ""
  const now = digestOf(drift, found)
  const head = [...lines.slice(0, Math.max(0, at)), `${start} ${now} -->`].join("\n")
  const kinds = new Set(differences.map(({ kind }) => kind))
  const whole = `the [summary of the run](${about.runUrl})`
  const table = Drift.toMarkdown(drift, { files: about.policy, rows: 100 })
  const body = report.comment(head, `${table}${kinds.has("unread") ? `${notRead}\n\n` : ""}From ${whole}.\n`, whole)
  const text = { title: singleLine(`Access to check: ${about.policy.join(", ")}`, 200), body }
  const isFound = due.length > 0 || kinds.size > (kinds.has("unread") ? 1 : 0)
  if (issue === undefined) return isFound ? { ...text, isOpen: true } : undefined
  const { number, state } = issue
  const isEmpty = exitCode === 0 && due.length === 0
  const isChanged = found !== now
  const isOpen = !isEmpty && (state === "open" || (isChanged && isFound))
  if (state !== "open" && !isOpen && !(isEmpty && isChanged)) return undefined
  const isCommented = isChanged && (isOpen || state === "open")
  return { ...text, number, isOpen, comment: isCommented ? body.slice(head.length + 1) : undefined }
}
