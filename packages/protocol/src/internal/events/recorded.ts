import type { Change } from "./change.ts"

/** What a journal says of one write that was sent. */
export interface Recorded {
  /** Milliseconds. */
  readonly at: number
  readonly action: "grant" | "revoke"
  readonly permission: string
  readonly outcome: "done" | "unknown"
}

const keyOf = (action: string, permission: string) => `${action} ${permission}`

/**
 * Whether this tool made a change: its permission and its action stand in a journal as done or unknown, or its key is
 * one of ours.
 */
export const isOurs = (recorded: ReadonlyArray<Recorded>, ourKeys: ReadonlyArray<string>) => {
  const writes = new Set(recorded.map(({ action, permission }) => keyOf(action, permission)))
  const keys = new Set(ourKeys)
  return ({ action, by, permission }: Change): boolean =>
    (permission !== undefined && writes.has(keyOf(action, permission))) || (by.key !== undefined && keys.has(by.key))
}

/** After this time a journalled change has its event, or the log does not show our changes. */
const settled = 60 * 60_000

/** The first write that was done since a time, and long enough ago, and that has no event. */
export const withoutEvent = (
  recorded: ReadonlyArray<Recorded>,
  changes: ReadonlyArray<Change>,
  since: number,
  now: number
): Recorded | undefined => {
  const logged = new Set(changes.map(({ action, permission = "" }) => keyOf(action, permission)))
  return recorded.find(
    ({ action, at, outcome, permission }) =>
      outcome === "done" && at >= since && at < now - settled && !logged.has(keyOf(action, permission))
  )
}
