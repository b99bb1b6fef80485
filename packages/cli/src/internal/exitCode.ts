/** The exit codes, as the help of every command promises them. */
export const done = 0
export const failed = 1
export const wrongUse = 2
/** `plan --exit-code`: there is something to change; `diff`: something differs; `drift`: something was seen. */
export const pending = 3
/** A listing that cannot be trusted to be whole, or a plan that is applied in part. */
export const incomplete = 4
/** Nothing wrong with the command; what it was to do is refused. */
export const refused = 5

/** What a shell gives a process that a signal ended. */
export const interrupted = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

export type Signal = keyof typeof interrupted
