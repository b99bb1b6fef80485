/** What a row of the table is made of. */
import type { ContenderName } from "./process/job.ts"

export interface Context {
  /** Fewer runs and less work, to see that everything works; the figures mean little. */
  readonly quick: boolean
  /** How often each is measured, after the warm-up. */
  readonly runs: number
  /** Says what is going on. */
  readonly say: (text: string) => void
}

/** One figure with its goal. */
export interface Line {
  /** What is measured. */
  readonly what: string
  /** What each contender took, as printed. */
  readonly values: Readonly<Partial<Record<ContenderName, string>>>
  /** What is held against the goal, as printed. */
  readonly figure: string
  readonly goal: string
  readonly met: boolean
}

export interface Result {
  readonly lines: ReadonlyArray<Line>
  /** Everything that was measured, for the JSON. */
  readonly data: unknown
}

export interface Row {
  /** For `--row`. */
  readonly name: string
  readonly title: string
  readonly run: (context: Context) => Promise<Result>
}
