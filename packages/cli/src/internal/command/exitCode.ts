/** The exit codes of every command. */
export const done = 0
export const failed = 1
export const wrongUse = 2
/** `plan --exit-code`: there are changes; `drift`: there are differences; `review --exit-code`: a review is due. */
export const pending = 3
/** A listing that may be incomplete, or a plan that is applied in part. */
export const incomplete = 4
/** Refused: too many revokes, not confirmed, changed in the meantime, locked. */
export const refused = 5

/** The exit codes of processes that a signal ended, as shells define them. */
export const interrupted = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

export type Signal = keyof typeof interrupted
