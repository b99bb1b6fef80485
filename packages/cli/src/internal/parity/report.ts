/** What a run found: for people, and as a file of settings, with nothing that tells whose organization it was. */
import { oneLine } from "@checkpoint-permissions/access/TerminalText"
import { formatBehavior } from "@checkpoint-permissions/fake/emulator"
import type { Style } from "../terminal/style.ts"
import type { Outcome, Outcomes } from "./outcome.ts"

const entries = (outcomes: Outcomes): ReadonlyArray<readonly [string, Outcome<unknown>]> => Object.entries(outcomes)

/** Each setting: its value, or why there is none. */
export const told = (outcomes: Outcomes, { bold }: Style): string => {
  const section = (title: string, tag: Outcome<unknown>["_tag"]): string => {
    const some = entries(outcomes).filter(([, outcome]) => outcome._tag === tag)
    const width = Math.max(...some.map(([name]) => name.length))
    const rows = some.map(([name, outcome]) => {
      const note = outcome._tag === "Found" && outcome.note !== undefined ? ` (${outcome.note})` : ""
      const text = outcome._tag === "Found" ? `${JSON.stringify(outcome.value)}${note}` : outcome.why
      return `  ${name.padEnd(width)}  ${oneLine(text)}\n`
    })
    return rows.length === 0 ? "" : `${bold(title)}\n${rows.join("")}`
  }
  return section("Found", "Found") + section("Not observable", "NotObservable") + section("Not asked", "NotAsked")
}

const settingOf = (outcome: Outcome<unknown>) =>
  outcome._tag === "Found"
    ? { found: outcome.value, ...(outcome.note === undefined ? {} : { note: outcome.note }) }
    : { [outcome._tag === "NotAsked" ? "notAsked" : "notObservable"]: outcome.why }

/** A file of settings for the emulator, with the reason for each that was not found. `at` is a time in ISO 8601. */
export const recordOf = (outcomes: Outcomes, at: string) => ({
  behavior: formatBehavior(
    Object.fromEntries(
      Object.entries(outcomes).flatMap(([name, outcome]) => (outcome._tag === "Found" ? [[name, outcome.value]] : []))
    )
  ),
  parity: {
    at,
    settings: Object.fromEntries(entries(outcomes).map(([name, outcome]) => [name, settingOf(outcome)]))
  }
})
