/** Whether the store of a shared pace can be reached, and since when: what one process knows of it. */

export interface Contact {
  readonly _tag: "Reached" | "Away"
  /** Milliseconds of a clock of this process that is never put back. */
  readonly since: number
}

/** Nothing is known to have failed. */
export const initial: Contact = { _tag: "Reached", since: Number.NEGATIVE_INFINITY }

export const onFailure = (contact: Contact, now: number): Contact =>
  contact._tag === "Away" ? contact : { _tag: "Away", since: now }

export const onReply = (contact: Contact, now: number): Contact =>
  contact._tag === "Reached" ? contact : { _tag: "Reached", since: now }

/**
 * How long nothing is sent after the store is back. What it knew of the turns before may be lost, so a whole window has
 * to pass.
 */
export const pause = (contact: Contact, now: number, window: number): number =>
  contact._tag === "Reached" ? Math.max(0, contact.since + window - now) : 0
