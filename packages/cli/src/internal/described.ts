/** A command together with what its help says besides its arguments and options. */
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import type { HelpDoc } from "@effect/cli/HelpDoc"

export interface Example {
  readonly line: string
  readonly does: string
}

export interface Words {
  /** What it does, in one sentence. */
  readonly summary: string
  /** Paragraphs. */
  readonly details?: ReadonlyArray<string> | undefined
  readonly examples: ReadonlyArray<Example>
}

/** What the help of a command is made of. */
export interface Helped extends Words {
  readonly name: string
  /** Arguments and options as the parser describes them. */
  readonly parameters: () => HelpDoc
}

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
  parameters: () => Command.getHelp(command, config)
})
