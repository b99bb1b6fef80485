/** Arguments and options as their help shows them. */

/** A word and what it means. */
export interface Entry {
  /** `<checkpoint>`, `--json`, `--limit <number>`; one that can be repeated ends in `…`. */
  readonly term: string
  readonly text: string
}

export const nameOf = ({ term }: Entry): string => term.split(" ")[0] ?? term
export const isOption = ({ term }: Entry): boolean => term.startsWith("-")
export const takesValue = ({ term }: Entry): boolean => term.includes("<")
export const isRepeated = ({ term }: Entry): boolean => term.endsWith("…")
