/** What is known of this process and its machine. */
import * as Context from "effect/Context"

interface Facts {
  readonly pid: number
  /** The name of the machine. */
  readonly host: string
  /** Returns true if another process of this machine has the number. */
  readonly isRunning: (pid: number) => boolean
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** The words that this command line was called with, the name of the program left out. */
export class CommandLine extends Context.Reference<CommandLine>()("@checkpoint-permissions/cli/CommandLine", {
  defaultValue: (): ReadonlyArray<string> => []
}) {}

export class Host extends Context.Reference<Host>()("@checkpoint-permissions/cli/Host", {
  defaultValue: (): Facts => ({ pid: 0, host: "an unnamed machine", isRunning: () => true, environment: {} })
}) {}
