/** What is known of each setting of a server. */
import type { ServerBehavior } from "@checkpoint-permissions/fake/behavior"

export interface Found<A> {
  readonly _tag: "Found"
  readonly value: A
  /** How exact it is, where it is not. */
  readonly note?: string | undefined
}

/** The answers leave it open. */
export interface NotObservable {
  readonly _tag: "NotObservable"
  readonly why: string
}

export interface NotAsked {
  readonly _tag: "NotAsked"
  readonly why: string
}

export type Outcome<A> = Found<A> | NotObservable | NotAsked

export type Outcomes = { readonly [K in keyof ServerBehavior]: Outcome<ServerBehavior[K]> }

export const found = <A>(value: A, note?: string): Found<A> =>
  note === undefined ? { _tag: "Found", value } : { _tag: "Found", value, note }

export const isFound = <A>(outcome: Outcome<A> | undefined, ...values: ReadonlyArray<A>): boolean =>
  outcome?._tag === "Found" && values.includes(outcome.value)

export const notObservable = (why: string): NotObservable => ({ _tag: "NotObservable", why })

export const notAsked = (why: string): NotAsked => ({ _tag: "NotAsked", why })

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
