/** The exit codes, as the help of every command promises them. */
export const done = 0
export const failed = 1
export const wrongUse = 2
/** A listing that cannot be trusted to be whole. */
export const incomplete = 4

/** What a shell gives a process that a signal ended. */
export const interrupted = { SIGINT: 130, SIGTERM: 143 } as const
