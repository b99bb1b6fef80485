/** What is known of each setting of a server, as its record has it; and for people. */
import { oneLine } from "@checkpoint-permissions/access/TerminalText"
import type { ServerBehavior } from "@checkpoint-permissions/fake/behavior"
import type { Style } from "../terminal/style.ts"

/** What the answers amount to, with a note on how exact that is; that they leave it open, and why; or that it was not asked. */
export type Outcome<A> =
  | { readonly found: A; readonly note?: string }
  | { readonly notObservable: string }
  | { readonly notAsked: string }

export type Outcomes = { readonly [K in keyof ServerBehavior]: Outcome<ServerBehavior[K]> }

export type Known = Partial<Outcomes>

export const found = <A>(value: A, note?: string) => (note === undefined ? { found: value } : { found: value, note })

export const isFound = <A>(outcome: Outcome<A> | undefined, ...values: ReadonlyArray<A>): boolean =>
  outcome !== undefined && "found" in outcome && values.includes(outcome.found)

export const notObservable = (why: string) => ({ notObservable: why })

export const notAsked = (why: string) => ({ notAsked: why })

const needsWrites = notAsked("it takes a grant: pass --writes")
const needsProjectKey = notAsked("it takes the ordinary key of a project")
const chosen = notAsked("it is a choice of the organization, not a way of the server")
const aboutTime = notAsked("nothing is asked about rate and time")

/** Before anything is asked. */
export const nothing: Outcomes = {
  regrant: needsWrites,
  partialCreate: needsWrites,
  overLimit: notAsked("no checkpoint to list"),
  underLimit: notAsked("no checkpoint to list"),
  deleteGone: needsWrites,
  unknownAfter: notAsked("no checkpoint to list"),
  shortPages: notAsked("no checkpoint to list"),
  listingLag: needsWrites,
  defaultLimit: notAsked("no checkpoint to list"),
  maxLimit: notAsked("no checkpoint to list"),
  maxProjects: notAsked("it would take that many grants"),
  owners: chosen,
  keys: chosen,
  unknownKeys: chosen,
  missingScopeStatus: notAsked("not asked yet"),
  unknownCheckpoints: notAsked("not asked yet"),
  checkpoints: chosen,
  unknownJobs: needsProjectKey,
  defaultProject: notAsked("it is an id, and ids are not recorded"),
  grantedModels: needsProjectKey,
  excludedModels: needsProjectKey,
  unsetModelPermissions: notAsked("not asked yet"),
  auditLog: notAsked("not asked yet"),
  auditLag: needsWrites,
  auditReach: aboutTime,
  auditKeyIds: notAsked("nothing is asked about keys"),
  dashboardEvents: notAsked("it takes a change by the dashboard"),
  repeatEvents: needsWrites,
  auditResources: notAsked("not asked yet"),
  rate: aboutTime,
  latency: aboutTime,
  replyLatency: aboutTime
}

const sections = [
  ["Found", "found"],
  ["Not observable", "notObservable"],
  ["Not asked", "notAsked"]
] as const

const textOf = (outcome: Outcome<unknown>): string => {
  if ("notAsked" in outcome) return outcome.notAsked
  if ("notObservable" in outcome) return outcome.notObservable
  return `${JSON.stringify(outcome.found)}${outcome.note === undefined ? "" : ` (${outcome.note})`}`
}

/** Each setting: its value, or why there is none. */
export const told = (outcomes: Outcomes, style: Style): string =>
  sections
    .map(([title, key]) => {
      const all = Object.entries(outcomes).filter(([, outcome]) => key in outcome)
      const width = Math.max(...all.map(([name]) => name.length))
      const rows = all.map(([name, outcome]) => `  ${name.padEnd(width)}  ${oneLine(textOf(outcome))}\n`)
      return rows.length === 0 ? "" : `${style.bold(title)}\n${rows.join("")}`
    })
    .join("")
