/** A command together with what its help says besides its arguments and options. */
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import type * as Effect from "effect/Effect"
import type * as Types from "effect/Types"
import { entriesOf } from "./entries.ts"
import type { Words } from "./words.ts"

const withoutBuiltIns = CliConfig.make({ showBuiltIns: false })

/** What a command gets of its arguments and options. */
export type Given<Config extends Command.Command.Config> = Command.Command.ParseConfig<Config>

export const described = <Name extends string, const Config extends Command.Command.Config, R, E>(
  name: Name,
  config: Config,
  run: (given: Types.Simplify<Given<Config>>) => Effect.Effect<void, E, R>,
  words: Words
) => {
  const command = Command.make(name, config, run).pipe(Command.withDescription(words.summary))
  return { ...words, name, command, entries: () => entriesOf(Command.getHelp(command, withoutBuiltIns)) }
}
