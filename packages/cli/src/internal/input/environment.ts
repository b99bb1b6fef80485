/** Variables of the environment. An empty variable counts as unset. */

import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { wrongUse } from "../command/failure.ts"
import type { Parser } from "./option.ts"

export const variable = (...names: ReadonlyArray<string>): Effect.Effect<string | undefined> =>
  Effect.orElseSucceed(Effect.firstSuccessOf(names.map((name) => Config.nonEmptyString(name))), () => undefined)

/** Returns the value of an option. If it is missing, parses its environment variable in the same way. */
export const orVariable = Effect.fnUntraced(function* <A>(
  given: Option.Option<A>,
  name: `CHECKPOINT_PERMISSIONS_${string}`,
  reads: Parser<A>
) {
  const text = Option.isSome(given) ? undefined : yield* variable(name)
  if (text === undefined) return given
  return Option.some(yield* Either.mapLeft(reads(text), (why) => wrongUse(`${name}: ${why}`)))
})

interface HostInfo {
  readonly pid: number
  readonly user?: string | undefined
  readonly host: string
  /** Returns true if another process with this number runs on this machine. */
  readonly isRunning: (pid: number) => boolean
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** The words of this command line without the name of the program. */
export class CommandLine extends Context.Reference<CommandLine>()("@checkpoint-permissions/cli/CommandLine", {
  defaultValue: (): ReadonlyArray<string> => []
}) {}

export class Host extends Context.Reference<Host>()("@checkpoint-permissions/cli/Host", {
  defaultValue: (): HostInfo => ({ pid: 0, host: "an unnamed machine", isRunning: () => true, environment: {} })
}) {}

/** The default actor of changes: a variable, or the id of the user. */
export const actor: Effect.Effect<string | undefined> = Effect.flatMap(
  variable("CHECKPOINT_PERMISSIONS_ACTOR", "GITHUB_ACTOR", "USER"),
  (name) => (name === undefined ? Effect.map(Host, ({ user }) => user && `uid ${user}`) : Effect.succeed(name))
)
