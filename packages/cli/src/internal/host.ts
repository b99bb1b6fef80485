/** What is known of this process and its machine. */
import * as Context from "effect/Context"

interface Facts {
  /** How other runs are told of this process where the system has no `/proc`; `host` is the name of the machine. */
  readonly name: { readonly pid: number; readonly host: string } | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** The words that this command line was called with, the name of the program left out. */
export class CommandLine extends Context.Reference<CommandLine>()("@checkpoint-permissions/cli/CommandLine", {
  defaultValue: (): ReadonlyArray<string> => []
}) {}

export class Host extends Context.Reference<Host>()("@checkpoint-permissions/cli/Host", {
  defaultValue: (): Facts => ({ name: undefined, environment: {} })
}) {}
