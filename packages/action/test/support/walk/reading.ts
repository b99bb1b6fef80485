/** Checks of texts that a person reads. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import * as page from "./page.ts"
import type { Run } from "./platform.ts"

/** Checks the exit code of a run. */
export const ends = (run: Run, code: number): void => assert.strictEqual(run.code, code, `${run.summary}\n${run.log}`)

/** Checks that a text has a line that begins with the first of these parts and has all others. */
export const hasLine = (text: string, ...parts: ReadonlyArray<string>): void =>
  assert.isTrue(
    text.split("\n").some((line) => line.startsWith(parts[0] ?? "") && parts.every((part) => line.includes(part))),
    `no line ${parts.join(" … ")} in:\n${text}`
  )

/** Checks that the page has a sentence, which the lines after it test. */
export const says = (sentence: string): void =>
  assert.isTrue(page.has(sentence), `the page no longer says: ${sentence}`)

/** A reviewer who approves each plan, and the summaries that were read. */
export const approving = () => {
  const read: Array<string> = []
  return { read, reviews: (summary: string) => Effect.sync(() => read.push(summary) > 0) }
}
