/**
 * What is answered from the descriptions of the commands alone. The bundle holds
 * them, so that help, the version, completions and most mistakes come before
 * anything else is loaded: in 0.05 s, not 0.3.
 */
import { type CommandLine, read } from "./commandLine.ts"
import { completions } from "./completions.ts"
import * as help from "./help.ts"
import type { Program } from "./words.ts"

/** A text for standard output, or what is wrong with the command line. */
export type Answer = { readonly text: string } | { readonly mistake: string }

/** Says also where help is. */
export const withHelp = (message: string, program: string, command: string | undefined): string =>
  `${message}; see ${[program, ...(command === undefined ? [] : [command]), "--help"].join(" ")}`

/** The answer, or the command that is to be run. */
export const answer = (
  words: ReadonlyArray<string>,
  program: Program,
  layout: help.Layout
): Answer | Extract<CommandLine, { readonly _tag: "Run" }> => {
  const line = read(words, program.commands)
  switch (line._tag) {
    case "Help":
      return { text: help.text(layout, program.name, program.commands, line.command) }
    case "Version":
      return { text: `${program.version}\n` }
    case "Completions":
      return { text: completions(line.shell, program) }
    case "Mistake":
      return { mistake: withHelp(line.message, program.name, line.command) }
    case "Run":
      return line
  }
}
