/** The issue about differences: opened, commented on and closed by the list of each night. */
import { createHash } from "node:crypto"
import * as Drift from "@checkpoint-permissions/access/Drift"
import { singleLine } from "@checkpoint-permissions/protocol/text"
import * as Arr from "effect/Array"
import * as report from "./report.ts"

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

export interface About {
  readonly policy: ReadonlyArray<string>
  readonly runUrl: string
  /** The path of the workflow file. */
  readonly workflow: string
}

/** Returns the marker of an issue without its end, for a server, an organization and a workflow file. */
export const markerOf = ({ apiUrl, organization = "" }: Drift.Drift, { workflow }: About): string => {
  const subject = JSON.stringify([apiUrl, organization, workflow])
  return report.hidden(`checkpoint-permissions: drift ${subject}`).slice(0, -" -->".length)
}

/**
 * Returns the digest of the list of a night, without times and actors. A night without the audit log does not list the
 * checkpoints in no policy: it has the digest of an earlier night.
 */
const digestOf = ({ differences, due = [], log, unmanaged }: Drift.Drift, earlier: string): string => {
  if (unmanaged.isRead && log.failure !== undefined) return earlier
  const rows = differences.map(({ checkpoint, kind, ...one }) =>
    JSON.stringify([kind, checkpoint, "project" in one && one.project, "permission" in one && one.permission])
  )
  // without the log, the grants at checkpoints in no policy are those of an earlier night
  const grants = unmanaged.isRead ? [] : unmanaged.grants.map(({ checkpoint, event }) => [checkpoint, event].join())
  const [, before = "0"] = log.failure === undefined ? [] : earlier.split(".")
  return `${digest([due, ...rows.sort()])}.${grants.length === 0 ? before : digest(grants.sort())}`
}

const digest = (parts: ReadonlyArray<unknown>): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32)

const notRead =
  "The earlier differences of checkpoints that were not read are not listed. The edit history of this issue has them."

/**
 * Returns the change of the issue with a marker after a night, if there is one: of the open issue, or else the newest. A
 * night that lists nothing closes it. A checkpoint that was not read opens none. Lines of a person above the marker stay.
 */
const changeOf = (issues: ReadonlyArray<Issue>, start: string, drift: Drift.Drift, about: About) => {
  const { differences, due = [], exitCode } = drift
  const [issue] = issues.toSorted((a, b) => b.state.localeCompare(a.state) || b.number - a.number)
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
  const isUnmanaged = now !== "" && !now.endsWith(".0")
  const isFound = due.length > 0 || isUnmanaged || kinds.size > (kinds.has("unread") ? 1 : 0)
  if (issue === undefined) return isFound ? [{ ...text, isOpen: true }] : []
  const { number, state } = issue
  const isEmpty = exitCode === 0 && due.length === 0 && !isUnmanaged
  const isChanged = found !== now
  const isOpen = !isEmpty && (state === "open" || (isChanged && isFound))
  if (state !== "open" && !isOpen && !(isEmpty && isChanged)) return []
  const isCommented = isChanged && (isOpen || state === "open")
  return [{ ...text, number, isOpen, comment: isCommented ? body.slice(head.length + 1) : undefined }]
}

/** Closes the issue of other policies, without its digest: any list opens it again. */
const closed = ({ body, number }: Issue): Change => {
  const comment = "The workflow compares other policies now.\n"
  return { number, title: "", body: body?.replace(/ \S+ -->/, " -->") ?? "", comment, isOpen: false }
}

/** Returns the changes of the issues with a marker after a night. Those of other policies are closed. */
export const changesOf = (issues: ReadonlyArray<Issue>, drift: Drift.Drift, about: About): ReadonlyArray<Change> => {
  const start = `${markerOf(drift, about)} ${digest(about.policy.toSorted())}`
  const [former, own] = Arr.partition(issues, ({ body }) => body?.includes(start) === true)
  return [...changeOf(own, start, drift, about), ...former.filter(({ state }) => state === "open").map(closed)]
}
