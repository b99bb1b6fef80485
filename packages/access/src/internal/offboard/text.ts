/** The verdict of an offboarding as text. */
import { pluralize, printableId } from "@checkpoint-permissions/protocol/text"
import { hasServerOwner, spanOf } from "../audit/cells.ts"
import type { AccessMatrix } from "../audit/matrix.ts"
import { minute } from "../text/columns.ts"
import { singleLine } from "../text/words.ts"
import { type OffboardEnding, type Offboarded, stateOf } from "./verdict.ts"

const facts = ({ project }: Offboarded) => ({ project, notBefore: new Map<string, number>() })

/** Returns the known checkpoints with the span of their reads: `3 known checkpoints (read 2026-08-01 12:00 to …)`. */
const known = ({ rows }: AccessMatrix): string => {
  const count = pluralize(rows.length, "known checkpoint")
  const span = spanOf(rows.filter(({ complete }) => complete))
  return `${count}${span === undefined ? "" : ` (read from ${minute(span.from)} to ${minute(span.to)} UTC)`}`
}

const sentenceOf = (ending: OffboardEnding, verdict: Offboarded, name: string): string => {
  const { matrix, revoked } = verdict
  const one = matrix.rows.length === 1
  switch (ending._tag) {
    case "Interrupted":
      return `Interrupted: ${pluralize(revoked.length, "permission")} revoked, ${pluralize(ending.unverified, "checkpoint")} not verified, ${pluralize(ending.remaining, "permission")} remaining: run the same command again`
    case "LimitReached":
      return `Stopped after ${pluralize(revoked.length, "delete")}: ${pluralize(ending.remaining, "permission")} remaining: the limit of revokes is reached`
    case "NotRemoved": {
      const of = pluralize(ending.total, "checkpoint")
      const parts = [
        ...(ending.unread === 0 ? [] : [`${ending.unread} of ${of} could not be read`]),
        ...(ending.listed === 0 ? [] : [`${ending.listed} of ${of} still list it`])
      ]
      return `Not removed everywhere: ${parts.join(", ")}`
    }
    case "StillOwner":
      return `Still has access to ${pluralize(ending.checkpoints, "checkpoint")} as the owner`
    case "LogIncomplete":
      return `Audit log incomplete: other checkpoints may exist (${singleLine(ending.reason)})`
    case "FindIncomplete":
      return `Other checkpoints may exist: ${singleLine(ending.reason)}`
    case "ProjectNotSeen":
      return one || matrix.rows.length > 0
        ? `No trace of ${name}: nothing was removed`
        : "No checkpoint is known, nothing was removed: pass --from or --project-keys"
    case "OwnersUnknown":
      return `No permission left at ${known(matrix)}, but it may own ${ending.checkpoints} of these models: pass --project-keys or an inventory`
    case "Removed": {
      const isKnown = matrix.rows.every((row) => hasServerOwner(row) || stateOf(matrix, row, facts(verdict)) === "gone")
      return `${isKnown ? "Removed from" : "No permission left at"} ${one ? "the" : "all"} ${known(matrix)}`
    }
  }
}

/**
 * Returns a sentence for each ending of an offboarding, the worst first. `name` is the project as text.
 *
 * @category conversions
 */
export const sentences = (verdict: Offboarded, name: string = verdict.project): ReadonlyArray<string> =>
  verdict.endings.map((ending) => sentenceOf(ending, verdict, name))

/**
 * Returns a line for each checkpoint of an offboarding that was not read, still lists the project, or that it owns.
 *
 * @category conversions
 */
export const remaining = (verdict: Offboarded): ReadonlyArray<string> =>
  verdict.matrix.rows.flatMap((row) => {
    const at = printableId(row.checkpoint)
    switch (stateOf(verdict.matrix, row, facts(verdict))) {
      case "owner":
        return [`${at}: the project owns the model`]
      case "listed":
        return [`${at}: still lists the project`]
      case "unread":
        return [`${at}: ${row.complete ? "not read after the last delete" : singleLine(row.reason)}`]
      case "removed":
      case "owner unknown":
      case "gone":
        return []
    }
  })
