/** The file of `parity --record`: settings for the emulator, and the reason of each. */
import * as Emulator from "@checkpoint-permissions/fake/emulator"
import * as Record from "effect/Record"
import { explain, type Outcomes } from "./outcomes.ts"

interface Run {
  readonly outcomes: Outcomes
  readonly apiUrl: string
  /** A time in ISO 8601. Only its day is recorded. */
  readonly at: string
}

/** Returns the file. It has values of settings, counts and fixed sentences, so it contains no id, name or key. */
export const recordOf = ({ apiUrl, at, outcomes }: Run): string => {
  const found = Object.entries(outcomes).flatMap(([name, one]) => ("found" in one ? [[name, one.found]] : []))
  const record = {
    behavior: Emulator.formatBehavior(Object.fromEntries(found)),
    parity: {
      date: at.slice(0, 10),
      server: new URL(apiUrl).hostname === "api.openai.com" ? "openai" : "other",
      settings: Record.map(outcomes, explain)
    }
  }
  return `${JSON.stringify(record, undefined, 2)}\n`
}
