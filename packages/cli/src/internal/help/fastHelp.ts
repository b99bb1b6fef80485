/** Help and version, answered from what was written down when the program was bundled, before anything is loaded. */

import { style } from "../terminal/style.ts"
import type { Entry } from "./entry.ts"
import * as help from "./help.ts"
import type { Words } from "./words.ts"

/** What the bundle is given of every command. */
export interface Bundled {
  readonly version: string
  readonly commands: ReadonlyArray<Words & { readonly name: string; readonly entries: ReadonlyArray<Entry> }>
}

export interface Terminal {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  readonly hasColors?: (() => boolean) | undefined
}

const asksForHelp = (word: string | undefined): boolean => word === "--help" || word === "-h"

/** The answer, if it is one of these plain questions; anything else is for the whole program. */
export const answer = (
  args: ReadonlyArray<string>,
  { commands, version }: Bundled,
  terminal: Terminal
): string | undefined => {
  const [first, second] = args
  const named = args.length === 2 && asksForHelp(second) ? commands.find(({ name }) => name === first) : undefined
  const ofProgram = args.length === 0 || (args.length === 1 && asksForHelp(first))
  if (args.length === 1 && first === "--version") return `${version}\n`
  if (named === undefined && !ofProgram) return undefined
  const layout = {
    style: style(terminal.isTTY === true && (terminal.hasColors?.() ?? false)),
    columns: terminal.columns ?? 80
  }
  const helped = commands.map((command) => ({ ...command, entries: () => command.entries }))
  return help.text(layout, "checkpoint-permissions", helped, named?.name)
}
