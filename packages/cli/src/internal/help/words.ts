/** What the help of a command is made of. */
import type { Entry } from "./entry.ts"

export interface Example {
  readonly line: string
  readonly does: string
}

export interface Words {
  /** What it does, in one sentence. */
  readonly summary: string
  /** Paragraphs. */
  readonly details?: ReadonlyArray<string> | undefined
  /** What comes after its name, if it is not the arguments and then the options. */
  readonly usage?: string | undefined
  /** Words that are worth a list of their own, before the options. */
  readonly lists?: ReadonlyArray<{ readonly title: string; readonly entries: ReadonlyArray<Entry> }> | undefined
  readonly examples: ReadonlyArray<Example>
}

export interface Helped extends Words {
  readonly name: string
  /** Arguments and options, as the parser describes them. */
  readonly entries: () => ReadonlyArray<Entry>
}

/** What help, completions and suggestions are made of. */
export type Commands = ReadonlyArray<Helped>

/** The name of the program. */
export const program = "checkpoint-permissions"

export const builtIn = ["help", "version"] as const
export const shells = ["bash", "fish", "sh", "zsh"] as const
export const logLevels = ["all", "trace", "debug", "info", "warning", "error", "fatal", "none"] as const

/** What the program says of itself. */
export const ofProgram: Words = {
  summary: "See and change which projects may use a fine-tuned model checkpoint of OpenAI's.",
  details: [
    "Exits with 0 when done, 1 when it failed, 2 on wrong use, 3 when plan --exit-code finds something to change or diff a difference, 4 when something is unknown, incomplete or applied in part, 5 when it is refused or locked, 129, 130 or 143 when interrupted. Data goes to standard output, everything else to standard error."
  ],
  examples: [
    { line: `${program} demo`, does: "see it work, without key or network" },
    { line: `${program} list ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd`, does: "with the key in OPENAI_ADMIN_KEY" }
  ]
}
