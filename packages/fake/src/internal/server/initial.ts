import { change, defaults, type Settings } from "../../behavior.ts"
import { assertEntry, assertPlan, type Entry, none, type Plan } from "../../faults.ts"
import {
  assertOrganization,
  assertSeed,
  type Organization as OrganizationSeed,
  type Permission,
  type Seed
} from "../../seed.ts"
import * as Base from "../api/route.ts"
import * as Check from "../checks.ts"
import * as Progress from "../faults/progress.ts"
import { atDashboard } from "../organization/actors.ts"
import * as Organization from "../organization/state.ts"
import * as Quota from "../quota.ts"
import * as Store from "../store.ts"
import type { Options, State } from "./state.ts"

/** The checks for the names of options. Their values are checked where they are used. */
const optionChecks: { readonly [K in keyof Options]-?: Check.Check } = {
  baseUrl: Check.anything,
  seed: Check.anything,
  organization: Check.anything,
  behavior: Check.anything,
  faults: Check.anything,
  randomSeed: Check.anyInteger
}

const optionsCheck = Check.struct("an object of options", { optional: optionChecks })

/**
 * Makes a server. Throws `InvalidSetting` if an option is invalid.
 *
 * @category state
 */
export const start = (options: Options, now: number): State => {
  optionsCheck(options, "options")
  const {
    baseUrl = "/v1",
    behavior: settings = {},
    faults = none,
    organization = {},
    randomSeed = 0,
    seed: given = {}
  } = options
  const behavior = change(defaults, settings)
  assertPlan(faults)
  assertOrganization(organization)
  const state: State = {
    base: Base.parse(baseUrl),
    behavior,
    store: Store.empty,
    organization: Organization.add(Organization.empty(now), behavior, organization),
    quota: Quota.change(undefined, behavior.rate, now),
    faults: Progress.start(faults),
    randomSeed,
    requests: 0,
    listings: 0
  }
  return seed(state, given, now)
}

/**
 * Adds permissions as if they had been granted before. Throws `InvalidSetting`.
 *
 * @category state
 */
export const seed = (state: State, given: Seed, now: number): State => {
  assertSeed(given)
  return { ...state, store: Store.seeded(state.store, given, now) }
}

/**
 * Adds projects, models, jobs and model permissions. An item with the same id is replaced. Throws `InvalidSetting`.
 *
 * @category state
 */
export const seedOrganization = (state: State, given: OrganizationSeed): State => {
  assertOrganization(given)
  return { ...state, organization: Organization.add(state.organization, state.behavior, given) }
}

/**
 * Changes settings from `now` on. When the rate changes, the remaining calls of the old quota are kept. Throws
 * `InvalidSetting`.
 *
 * @category state
 */
export const setBehavior = (state: State, settings: Settings, now: number): State => {
  const behavior = change(state.behavior, settings)
  const isSameRate = behavior.rate === state.behavior.rate
  return { ...state, behavior, quota: isSameRate ? state.quota : Quota.change(state.quota, behavior.rate, now) }
}

/**
 * Replaces the plan of faults, and discards injected faults. Throws `InvalidSetting`.
 *
 * @category state
 */
export const setFaults = (state: State, plan: Plan): State => {
  assertPlan(plan)
  return { ...state, faults: Progress.start(plan) }
}

/**
 * Injects faults into the next matching requests, ahead of the plan. Throws `InvalidSetting`.
 *
 * @category state
 */
export const inject = (state: State, entries: ReadonlyArray<Entry>): State => {
  for (const entry of entries) assertEntry(entry)
  return { ...state, faults: Progress.inject(state.faults, entries) }
}

/**
 * Returns the injected faults and those of a scripted plan that affected no request.
 *
 * @category state
 */
export const unusedFaults = ({ faults }: State): ReadonlyArray<Entry> => Progress.unused(faults)

/**
 * Returns the injected faults that no request could match: of another checkpoint or operation than those that were used.
 *
 * @category state
 */
export const unmatchedFaults = ({ faults }: State): ReadonlyArray<Entry> => Progress.unmatched(faults)

const byDashboard = (state: State, store: Store.Store, by: string | undefined, change: Organization.Change): State => {
  const { behavior, organization, randomSeed } = state
  const event = Organization.permissionEvent(behavior, atDashboard(by), change)
  // A change with a given actor is always recorded while the log is on, since such a test is about the event.
  const recorded =
    by === undefined
      ? Organization.recordDashboard(organization, behavior, randomSeed, event)
      : Organization.record(organization, behavior, [event])
  return { ...state, store, organization: recorded }
}

/**
 * Deletes a permission as a user of the dashboard. The change leaves an event if the e-mail address is given. Without
 * it, `dashboardEvents` is the probability of an event.
 *
 * @category state
 */
export const remove = (state: State, checkpoint: string, permissionId: string, now: number, by?: string): State => {
  const { behavior, store } = state
  if (!Store.permissionsOf(store, checkpoint).some(({ id }) => id === permissionId)) return state
  const left = Store.remove(store, permissionId, { checkpoint, now, lag: behavior.listingLag })
  return byDashboard(state, left, by, { verb: "deleted", id: permissionId, checkpoint, at: now })
}

/**
 * Grants a project access as a user of the dashboard with this e-mail address. Makes a new permission, even if the
 * project has one.
 *
 * @category state
 */
export const grant = (state: State, checkpoint: string, projectId: string, now: number, by?: string): State => {
  assertSeed({ [checkpoint]: [projectId] })
  const [permission, next] = Store.make(state.store, { project_id: projectId }, now)
  const store = Store.insert(next, [permission], { checkpoint, now, lag: state.behavior.listingLag })
  return byDashboard(state, store, by, { verb: "created", ...permission, checkpoint, at: now })
}

/**
 * Returns the permissions of a checkpoint, oldest first, including those that listings do not show yet.
 *
 * @category state
 */
export const permissions = (state: State, checkpoint: string): ReadonlyArray<Permission> =>
  Store.permissionsOf(state.store, checkpoint)

/**
 * Returns the permissions of every known checkpoint.
 *
 * @category state
 */
export const allPermissions = (state: State): ReadonlyMap<string, ReadonlyArray<Permission>> => Store.all(state.store)
