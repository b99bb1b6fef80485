/** What a run found, for people. */
import { oneLine } from "@checkpoint-permissions/access/TerminalText"
import type { Style } from "../terminal/style.ts"
import type { Outcome, Outcomes } from "./outcome.ts"

const entries = (outcomes: Outcomes): ReadonlyArray<readonly [string, Outcome<unknown>]> => Object.entries(outcomes)

const section = (title: string, lines: ReadonlyArray<readonly [name: string, text: string]>, style: Style): string => {
  if (lines.length === 0) return ""
  const width = Math.max(...lines.map(([name]) => name.length))
  const rows = lines.map(([name, text]) => `  ${name.padEnd(width)}  ${oneLine(text)}`)
  return `${style.bold(title)}\n${rows.join("\n")}\n`
}

/** Each setting: its value, or why there is none. */
export const told = (outcomes: Outcomes, style: Style): string => {
  const of = (tag: Outcome<unknown>["_tag"]) =>
    entries(outcomes).flatMap(([name, outcome]) => {
      if (outcome._tag !== tag) return []
      if (outcome._tag !== "Found") return [[name, outcome.why] as const]
      const note = outcome.note === undefined ? "" : ` (${outcome.note})`
      return [[name, `${JSON.stringify(outcome.value)}${note}`] as const]
    })
  return [
    section("Found", of("Found"), style),
    section("Not observable", of("NotObservable"), style),
    section("Not asked", of("NotAsked"), style)
  ].join("")
}
