/** A command together with what its help says besides its arguments and options. */
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import { entriesOf } from "./entries.ts"
import type { Helped, Words } from "./words.ts"

export interface Described<Name extends string, R, E, A> extends Helped {
  readonly name: Name
  readonly command: Command.Command<Name, R, E, A>
}

const config = CliConfig.make({ showBuiltIns: false })

export const described = <Name extends string, R, E, A>(
  name: Name,
  command: Command.Command<Name, R, E, A>,
  words: Words
): Described<Name, R, E, A> => ({
  ...words,
  name,
  command: Command.withDescription(command, words.summary),
  entries: () => entriesOf(Command.getHelp(command, config))
})
