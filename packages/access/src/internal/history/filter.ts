import type { Actor, Change, History } from "./model.ts"

/** @category models */
export interface Filter {
  readonly checkpoint?: string | undefined
  readonly project?: string | undefined
  /** An e-mail address, or the id of a user or service account, or the id, name or owner of a key. */
  readonly by?: string | undefined
}

/** The result of comparing a value with a filter: `"unknown"` if the log lacks the value. */
type Match = "yes" | "no" | "unknown"

const matchText = (wanted: string | undefined, value: string | undefined): Match => {
  if (wanted === undefined || wanted === value) return "yes"
  return value === undefined ? "unknown" : "no"
}

const matchActor = (wanted: string | undefined, { key, keyName, keyOwner, user, userId }: Actor): Match => {
  const lower = wanted?.toLowerCase()
  const names = [user, userId, key, keyName, keyOwner].map((name) => name?.toLowerCase())
  if (lower === undefined || names.includes(lower)) return "yes"
  return user === undefined && keyOwner === undefined ? "unknown" : "no"
}

/**
 * Returns the changes that match every field of a filter. `filter.unknown` counts changes that may match: the log has
 * no checkpoint, project or actor for them.
 *
 * @category questions
 */
export const filter = (history: History, wanted: Filter): History => {
  const { by, checkpoint, project } = wanted
  const matchesOf = (change: Change): ReadonlyArray<Match> => [
    matchText(checkpoint, change.checkpoint),
    matchText(project, change.project),
    matchActor(by, change.by)
  ]
  const possible = history.changes.filter((change) => !matchesOf(change).includes("no"))
  const changes = possible.filter((change) => !matchesOf(change).includes("unknown"))
  return {
    ...history,
    filter: {
      ...(checkpoint === undefined ? {} : { checkpoint }),
      ...(project === undefined ? {} : { project }),
      ...(by === undefined ? {} : { by }),
      unknown: possible.length - changes.length
    },
    changes
  }
}
