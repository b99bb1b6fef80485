import { Failed } from "../failure.ts"
import type * as Screen from "../terminal/screen.ts"

/** Who ends a write before its answer does not know what became of it. */
export const doubtful = (screen: Screen.Service, what: string) => () =>
  screen.complain(`checkpoint-permissions: ${what}: interrupted; it may have been carried out all the same: see list`)

/** A write that was carried out, and cannot be told on standard output. */
export const unprinted = (what: string) => (error: Screen.OutputFailed) =>
  new Failed({ message: `${what}: ${error.message}; it is carried out all the same: see list` })
