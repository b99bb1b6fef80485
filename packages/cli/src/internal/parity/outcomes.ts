/** The outcomes of a run: the value of each setting, or the reason why there is none. */

import type { ServerBehavior } from "@checkpoint-permissions/fake/behavior"
import * as Effect from "effect/Effect"
import { capitalize } from "effect/String"
import { errorOf, textAt, valueAt } from "../server/body.ts"
import { singleLine } from "../terminal/columns.ts"
import type { Style } from "../terminal/style.ts"
import { type ApiResponse, eventsOf, type Page, pageOf, type Unanswered } from "./exchange.ts"

/** The value of a setting, or the reason why there is none. */
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

type Names = ReadonlyArray<keyof ServerBehavior>

const listingSettings: Names = ["overLimit", "maxLimit", "shortPages", "defaultLimit", "unknownAfter", "underLimit"]
const grantSettings: Names = ["regrant", "partialCreate", "deleteGone", "listingLag", "auditLag", "repeatEvents"]
const auditSettings: Names = ["auditLog", "auditResources"]
const otherSettings: Names = ["missingScopeStatus", "unsetModelPermissions", "unknownCheckpoints"]

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
  Effect.merge(Effect.mapError(outcome, unanswered))

const allOrUnanswered = (names: Names) => (probe: Effect.Effect<Outcomes, Unanswered>) =>
  Effect.merge(
    Effect.mapError(probe, (error): Outcomes => Object.fromEntries(names.map((name) => [name, unanswered(error)])))
  )

/** Leaves all settings of a listing probe open if a response is missing. */
export const ofListing = allOrUnanswered(listingSettings)
export const ofGrant = allOrUnanswered(grantSettings)
export const ofAudit = allOrUnanswered(auditSettings)
export const ofRepeats = allOrUnanswered(["repeatEvents"])

const reasonOf = (outcome: Outcome): string | undefined =>
  "found" in outcome ? outcome.note : "notAsked" in outcome ? outcome.notAsked : outcome.notObservable

const states = ["found", "not observable", "not asked"] as const

const stateOf = (outcome: Outcome): (typeof states)[number] =>
  "found" in outcome ? "found" : "notAsked" in outcome ? "not asked" : "not observable"

/** Returns the state of an outcome with its reason, such as `not asked: needs a grant: pass --writes`. */
export const explain = (outcome: Outcome): string =>
  [stateOf(outcome), reasonOf(outcome)].filter((part) => part !== undefined).join(": ")

const textOf = (outcome: Outcome): string => {
  const reason = reasonOf(outcome) ?? ""
  if (!("found" in outcome)) return reason
  return `${JSON.stringify(outcome.found)}${reason === "" ? "" : ` (${reason})`}`
}

/** Formats the outcomes as text: each setting with its value, or with the reason why there is none. */
export const report = (outcomes: Outcomes, style: Style): string =>
  states
    .map((state) => {
      const all = Object.entries(outcomes).filter(([, outcome]) => stateOf(outcome) === state)
      const width = Math.max(...all.map(([name]) => name.length))
      const rows = all.map(([name, outcome]) => `  ${name.padEnd(width)}  ${singleLine(textOf(outcome))}\n`)
      return rows.length === 0 ? "" : `${style.bold(capitalize(state))}\n${rows.join("")}`
    })
    .join("")

const other = ({ status }: ApiResponse) => notObservable(`the server answered ${status}`)

/**
 * Returns the outcome that a refusal proves, by its status. Only errors in the API's envelope count: those of a proxy,
 * or of a server without this route, prove nothing.
 */
const refused = (response: ApiResponse, meanings: Readonly<Record<number, string>>): Outcome => {
  const { message } = errorOf(response.body)
  const meaning = meanings[response.status]
  return meaning === undefined || message === undefined || /^(?:Invalid|Unknown request) URL/.test(message)
    ? other(response)
    : found(meaning)
}

const ofPage = (page: string, refusals: Readonly<Record<number, string>>) => (response: ApiResponse) =>
  pageOf(response) === undefined ? refused(response, refusals) : found(page)

/** Reads the setting from a listing of a checkpoint that does not exist. */
export const unknownCheckpoints = ofPage("accept", { 404: "not-found" })

/** Reads the setting from a listing with a `limit` larger than any server accepts. */
export const overLimit = ofPage("clamp", { 400: "bad-request" })

/** Reads the setting from a listing with a `limit` of 0. */
export const underLimit = ofPage("default", { 400: "bad-request" })

/** Reads the setting from a listing whose `after` is not a permission. `isEmpty` is true if the listing has none. */
export const unknownAfter = (response: ApiResponse, isEmpty: boolean): Outcome => {
  const page = pageOf(response)
  if (page === undefined) return refused(response, { 400: "bad-request", 404: "not-found" })
  if (isEmpty) return notObservable("the listing is empty, so every page of it looks the same")
  if (page.items.length > 0) return found("restart")
  return page.more ? notObservable("an empty page that is not the last") : found("empty-page")
}

/** Reads the setting from a listing of the models with an admin key. */
export const missingScopeStatus = (response: ApiResponse): Outcome => {
  const { code, message = "" } = errorOf(response.body)
  const isMissing = code === "missing_scope" || /missing scopes|insufficient permissions/i.test(message)
  if (response.status === 200) return notObservable("the key may list models too")
  return [401, 403].includes(response.status) && isMissing ? found(response.status) : other(response)
}

/** Reads the setting from the model permissions of some projects. */
export const unsetModelPermissions = (responses: ReadonlyArray<ApiResponse>): Outcome => {
  const [first] = responses
  if (first === undefined) return notObservable("the organization has no project")
  const refusals = responses.map((response) => refused(response, { 404: "not-found" }))
  if (refusals.every((one) => "found" in one)) return found("not-found")
  const sets = responses.map(({ body, status }) => {
    const ids = valueAt(body, "model_ids")
    const mode = textAt(body, "mode")
    return status !== 200 || mode === undefined || !Array.isArray(ids) ? undefined : `${mode} ${ids.length}`
  })
  if (sets.every((set) => set === "deny_list 0")) return found("deny-none")
  if (sets.every((set) => set === "allow_list 0")) return found("allow-none")
  return sets.includes(undefined)
    ? other(first)
    : notObservable("the first projects have model permissions of their own")
}

/** Reads the setting from a page of the audit log. An empty log may be off. */
export const auditLog = (response: ApiResponse): Outcome => {
  const events = eventsOf(response)
  if (events === undefined) return refused(response, { 403: "off" })
  return events.length === 0 ? notObservable("the audit log shows no grant, so it may be off") : found("on")
}

/** Reads the setting from a second grant of a project. `page` has only this project's permissions in the response. */
export const regrant = (response: ApiResponse, page: Page | undefined, existing: string): Outcome => {
  if (page === undefined) return refused(response, { 409: "conflict", 400: "bad-request" })
  const [item] = page.items
  if (item === undefined) return notObservable("the reply contains no permission")
  return found(item.id === existing ? "existing" : "second")
}

export const isDeleted = ({ body, status }: ApiResponse): boolean => status === 200 && valueAt(body, "deleted") === true

/** Reads the setting from a second delete of a permission. */
export const deleteGone = (response: ApiResponse): Outcome => {
  const isWord = response.status === 200 && typeof valueAt(response.body, "deleted") === "boolean"
  if (!isWord) return refused(response, { 404: "not-found" })
  return found(isDeleted(response) ? "deleted-true" : "deleted-false")
}
