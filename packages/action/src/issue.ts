/** The issue about differences: opened, commented on and closed by the list of each night. */
import { createHash } from "node:crypto"
import * as Drift from "@checkpoint-permissions/access/Drift"
import { singleLine } from "@checkpoint-permissions/protocol/text"
import * as report from "./report.ts"

/** An issue of this action, found by its marker. */
export interface Issue {
  readonly number: number
  readonly isOpen: boolean
  readonly body: string
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

/** Returns a digest of the list of a night, without times and actors. */
const digestOf = ({ differences, due = [], exitCode }: Drift.Drift): string => {
  const rows = differences.map(({ checkpoint, kind, ...one }) =>
    JSON.stringify([kind, checkpoint, "project" in one && one.project, "permission" in one && one.permission])
  )
  return createHash("sha256")
    .update(JSON.stringify([exitCode, due, ...rows.sort()]))
    .digest("hex")
}

const notRead =
  "The earlier differences of checkpoints that were not read are not listed. The edit history of this issue has them."

/**
 * Returns the changes of the issues with a marker after a night. They apply to the open issue, or else to the newest. A
 * night that lists nothing closes every issue. A checkpoint that was not read opens none.
 */
export const changesOf = (issues: ReadonlyArray<Issue>, drift: Drift.Drift, about: About): ReadonlyArray<Change> => {
  const marker = `${markerOf(drift, about)} ${digestOf(drift)} -->`
  const { differences, due = [], exitCode } = drift
  const isUnread = differences.some(({ kind }) => kind === "unread")
  const whole = `the [summary of the run](${about.runUrl})`
  const markdown = [
    Drift.toMarkdown(drift, { files: about.policy, rows: 100 }),
    ...(isUnread ? [notRead, ""] : []),
    `From ${whole}.`,
    ""
  ]
  const text = {
    title: singleLine(
      `Access ${differences.length === 0 ? "to review in" : "differs from"} ${about.policy.join(", ")}`,
      200
    ),
    body: report.comment(marker, markdown.join("\n"), whole)
  }
  const comment = text.body.slice(marker.length + 1)
  const isListed = ({ body }: Issue): boolean => body.split(/\r?\n/).includes(marker)
  if (exitCode === 0 && due.length === 0) {
    return issues.flatMap((issue): ReadonlyArray<Change> => {
      const { isOpen, number } = issue
      if (!isOpen && isListed(issue)) return []
      return [{ ...text, number, isOpen: false, comment: isOpen ? comment : undefined }]
    })
  }
  const isFound = due.length > 0 || differences.some(({ kind }) => kind !== "unread")
  const [issue] = issues.toSorted((a, b) => Number(b.isOpen) - Number(a.isOpen) || b.number - a.number)
  if (issue === undefined) return isFound ? [{ ...text, isOpen: true }] : []
  const isChanged = !isListed(issue)
  if (!issue.isOpen && !(isChanged && isFound)) return []
  return [{ ...text, number: issue.number, isOpen: true, comment: isChanged ? comment : undefined }]
}
