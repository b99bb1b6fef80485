/** How other runs are told of this process where the system has no `/proc`. */
import * as Context from "effect/Context"

interface Name {
  readonly pid: number
  /** The name of the machine. */
  readonly host: string
}

export class ProcessName extends Context.Reference<ProcessName>()("@checkpoint-permissions/cli/ProcessName", {
  defaultValue: (): Name | undefined => undefined
}) {}
