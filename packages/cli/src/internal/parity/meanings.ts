/** The settings that answers prove. */

import { singleLine } from "@checkpoint-permissions/access/TerminalText"
import type { ServerBehavior } from "@checkpoint-permissions/fake/behavior"
import type { Style } from "../terminal/style.ts"
import * as Answers from "./exchange.ts"

type Setting<K extends keyof ServerBehavior> = Outcome<ServerBehavior[K]>

const other = ({ status }: Answers.ApiResponse) => notObservable(`the server answered ${status}`)

/**
 * Returns the setting that a refusal proves, by its status. Only errors with the API's texts count: a proxy, or a
 * server without this route, proves nothing.
 */
const refused = <A>(answer: Answers.ApiResponse, meanings: Readonly<Record<number, A>>): Outcome<A> => {
  const { message } = Answers.errorOf(answer)
  const meaning = meanings[answer.status]
  return meaning === undefined || message === undefined || /^(?:Invalid|Unknown request) URL/.test(message)
    ? other(answer)
    : found(meaning)
}

const ofPage = <A>(answer: Answers.ApiResponse, page: A, refusals: Readonly<Record<number, A>>): Outcome<A> =>
  Answers.pageOf(answer) === undefined ? refused(answer, refusals) : found(page)

/** Reads the setting from a listing of a checkpoint that does not exist. */
export const unknownCheckpoints = (answer: Answers.ApiResponse): Setting<"unknownCheckpoints"> =>
  ofPage(answer, "accept", { 404: "not-found" })

/** Reads the setting from a listing with a `limit` larger than any server accepts. */
export const overLimit = (answer: Answers.ApiResponse): Setting<"overLimit"> =>
  ofPage(answer, "clamp", { 400: "bad-request" })

/** Reads the setting from a listing with a `limit` of 0. */
export const underLimit = (answer: Answers.ApiResponse): Setting<"underLimit"> =>
  ofPage(answer, "default", { 400: "bad-request" })

/** Returns the largest `limit` by the text of a refusal. */
export const statedLimit = (answer: Answers.ApiResponse): number | undefined => {
  const [, stated] = /<= (\d{1,6})\b/.exec(Answers.errorOf(answer).message ?? "") ?? []
  return stated === undefined || Number(stated) < 1 ? undefined : Number(stated)
}

/** Reads the setting from a listing whose `after` is not a permission. `isEmpty` is true if the listing has none. */
export const unknownAfter = (answer: Answers.ApiResponse, isEmpty: boolean): Setting<"unknownAfter"> => {
  const page = Answers.pageOf(answer)
  if (page === undefined) return refused(answer, { 400: "bad-request", 404: "not-found" })
  if (isEmpty) return notObservable("the listing is empty: its first page looks like an empty one")
  if (page.items.length > 0) return found("restart")
  return page.more ? notObservable("an empty page, with more to come") : found("empty-page")
}

/** Reads the setting from a listing of the models with an admin key. */
export const missingScopeStatus = (answer: Answers.ApiResponse): Setting<"missingScopeStatus"> => {
  const { code, message } = Answers.errorOf(answer)
  const isMissing = code === "missing_scope" || /missing scopes|insufficient permissions/i.test(message ?? "")
  if (answer.status === 200) return notObservable("the key may list models too")
  return (answer.status === 401 || answer.status === 403) && isMissing ? found(answer.status) : other(answer)
}

/** Reads the setting from the model permissions of some projects. */
export const unsetModelPermissions = (
  answers: ReadonlyArray<Answers.ApiResponse>
): Setting<"unsetModelPermissions"> => {
  const [first] = answers
  if (first === undefined) return notObservable("there is no project")
  const refusals = answers.map((answer) => refused<"not-found">(answer, { 404: "not-found" }))
  if (refusals.every((one) => "found" in one)) return found("not-found")
  const sets = answers.map(Answers.modelPermissionsOf)
  const all = (mode: string) => sets.every((set) => set?.mode === mode && set.models === 0)
  if (all("deny_list")) return found("deny-none")
  if (all("allow_list")) return found("allow-none")
  return sets.includes(undefined) ? other(first) : notObservable("those of the first projects are set, or differ")
}

/** Reads the setting from a page of the audit log. An empty log may be off. */
export const auditLog = (answer: Answers.ApiResponse): Setting<"auditLog"> => {
  const events = Answers.eventsOf(answer)
  if (events === undefined) return refused(answer, { 403: "off" })
  return events.length === 0 ? notObservable("the audit log shows no grant, so it may be off") : found("on")
}

const resources = ["permission", "checkpoint", "project"] as const

/** Returns the ids to try as `resource_ids[]`, for an event that has all three. */
export const resourcesOf = (event: Answers.Event): ReadonlyArray<readonly [(typeof resources)[number], string]> =>
  resources.flatMap((resource) => {
    const id = event[resource]
    return id === undefined ? [] : [[resource, id] as const]
  })

/** Reads the setting from a second grant of a project. `page` has only this project's permissions in the reply. */
export const regrant = (
  answer: Answers.ApiResponse,
  page: Answers.Page | undefined,
  existing: string
): Setting<"regrant"> => {
  if (page === undefined) return refused(answer, { 409: "conflict", 400: "bad-request" })
  const [item] = page.items
  if (item === undefined) return notObservable("the answer names no permission")
  return found(item.id === existing ? "existing" : "second")
}

/** Reads the setting from a second delete of a permission. */
export const deleteGone = (answer: Answers.ApiResponse): Setting<"deleteGone"> => {
  const deleted = Answers.deletedOf(answer)
  return deleted === undefined
    ? refused(answer, { 404: "not-found" })
    : found(deleted ? "deleted-true" : "deleted-false")
}

/**
 * The value of a setting with a note on its precision, the reason why the answers leave it open, or the reason why
 * nothing was sent.
 */
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
const timeNotProbed = notAsked("nothing is asked about rate and time")

/** The outcomes before the first request. */
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
  auditReach: timeNotProbed,
  auditActor: notAsked("nothing is asked about keys"),
  auditKeyIds: notAsked("nothing is asked about keys"),
  pageObject: notAsked("nothing is asked about it"),
  dashboardEvents: notAsked("it takes a change by the dashboard"),
  repeatEvents: needsWrites,
  auditResources: notAsked("not asked yet"),
  rate: timeNotProbed,
  latency: timeNotProbed,
  replyLatency: timeNotProbed
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

/** Returns the settings as text: each with its value, or with the reason why there is none. */
export const report = (outcomes: Outcomes, style: Style): string =>
  sections
    .map(([title, key]) => {
      const all = Object.entries(outcomes).filter(([, outcome]) => key in outcome)
      const width = Math.max(...all.map(([name]) => name.length))
      const rows = all.map(([name, outcome]) => `  ${name.padEnd(width)}  ${singleLine(textOf(outcome))}\n`)
      return rows.length === 0 ? "" : `${style.bold(title)}\n${rows.join("")}`
    })
    .join("")
