/** The outcomes of a run: the value of each setting, or the reason why there is none. */

import type { ServerBehavior } from "@checkpoint-permissions/fake/behavior"
import * as Effect from "effect/Effect"
import { singleLine } from "../terminal/columns.ts"
import type { Style } from "../terminal/style.ts"
import type { Unanswered } from "./exchange.ts"

type Names = ReadonlyArray<keyof ServerBehavior>

/** Outcomes by the names of settings. */
export type Outcome =
  | { readonly found: unknown; readonly note?: string }
  | { readonly notObservable: string }
  | { readonly notAsked: string }

/** Outcomes by the name of the setting. */
export type Outcomes = Readonly<Record<string, Outcome>>

export const found = (value: unknown, note?: string): Outcome =>
  note === undefined ? { found: value } : { found: value, note }

export const notObservable = (why: string): Outcome => ({ notObservable: why })

export const isFound = (outcome: Outcome | undefined, ...values: ReadonlyArray<unknown>): boolean =>
  outcome !== undefined && "found" in outcome && values.includes(outcome.found)

const listingSettings: Names = ["overLimit", "maxLimit", "shortPages", "defaultLimit", "unknownAfter", "underLimit"]
const grantSettings: Names = ["regrant", "partialCreate", "deleteGone", "listingLag", "auditLag", "repeatEvents"]
const auditSettings: Names = ["auditLog", "auditResources"]
const otherSettings: Names = ["missingScopeStatus", "unsetModelPermissions", "unknownCheckpoints"]

/** The settings that a run can find. */
export const findable: Names = [...listingSettings, ...grantSettings, ...auditSettings, ...otherSettings]

const reasons: ReadonlyArray<readonly [reason: string, settings: Names]> = [
  ["no checkpoint to list", listingSettings],
  ["needs a grant: pass --writes", grantSettings],
  ["not asked yet", [...auditSettings, ...otherSettings]],
  ["would need too many grants", ["maxProjects"]],
  ["specific to the organization", ["owners", "keys", "unknownKeys", "checkpoints"]],
  ["needs the ordinary key of a project", ["unknownJobs", "grantedModels", "excludedModels"]],
  ["an id, which is not recorded", ["defaultProject"]],
  ["needs a change at the dashboard", ["dashboardEvents"]],
  ["rate and time are not probed", ["auditReach", "rate", "latency", "replyLatency"]],
  ["not probed", ["auditActor", "auditKeyIds", "pageObject"]]
]

/** The outcomes of all settings before the first request. */
export const initial: Outcomes = Object.fromEntries(
  reasons.flatMap(([notAsked, names]) => names.map((name) => [name, { notAsked }]))
)

/** Returns the outcome of a setting whose response is missing. */
const unanswered = ({ reason, sent }: Unanswered): Outcome => (sent ? notObservable(reason) : { notAsked: reason })

/** Returns the outcome of a probe. If a response is missing, the setting stays open. */
export const orUnanswered = (outcome: Effect.Effect<Outcome, Unanswered>): Effect.Effect<Outcome> =>
  Effect.catchAll(outcome, (error) => Effect.succeed(unanswered(error)))

const allOrUnanswered = (names: Names) => (probe: Effect.Effect<Outcomes, Unanswered>) =>
  Effect.catchAll(probe, (error) => Effect.succeed(Object.fromEntries(names.map((name) => [name, unanswered(error)]))))

/** Leaves all settings of a listing probe open if a response is missing. */
export const ofListing = allOrUnanswered(listingSettings)
export const ofGrant = allOrUnanswered(grantSettings)
export const ofAudit = allOrUnanswered(auditSettings)
export const ofRepeats = allOrUnanswered(["repeatEvents"])

const textOf = (outcome: Outcome): string => {
  if ("notAsked" in outcome) return outcome.notAsked
  if ("notObservable" in outcome) return outcome.notObservable
  return `${JSON.stringify(outcome.found)}${outcome.note === undefined ? "" : ` (${outcome.note})`}`
}

const sections = { Found: "found", "Not observable": "notObservable", "Not asked": "notAsked" }

/** Formats the outcomes as text: each setting with its value, or with the reason why there is none. */
export const report = (outcomes: Outcomes, style: Style): string =>
  Object.entries(sections)
    .map(([title, key]) => {
      const all = Object.entries(outcomes).filter(([, outcome]) => key in outcome)
      const width = Math.max(...all.map(([name]) => name.length))
      const rows = all.map(([name, outcome]) => `  ${name.padEnd(width)}  ${singleLine(textOf(outcome))}\n`)
      return rows.length === 0 ? "" : `${style.bold(title)}\n${rows.join("")}`
    })
    .join("")
