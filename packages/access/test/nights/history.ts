/**
 * Random histories of an organization: a policy, changes that leave events, late or not at all, and nights on which the
 * policy is compared with the server.
 */
import * as random from "./random.ts"

export const second = 1000
export const minute = 60 * second
export const hour = 60 * minute
export const day = 24 * hour

/** The day of a time in UTC, such as `2027-01-31`. */
export const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10)

/** The wanted access of a checkpoint in the policy. */
export interface Wanted {
  readonly checkpoint: string
  readonly mode: "exact" | "at-least"
  readonly owner: string | undefined
  readonly entries: ReadonlyArray<{ readonly project: string; readonly until: string | undefined }>
}

/** An event of the log. Times are Unix seconds. Fields that the API may leave out are missing. */
export interface LoggedEvent {
  readonly id: string
  readonly at: number
  readonly shownAt: number
  readonly actor: { readonly email: string } | { readonly key: string } | undefined
  readonly hasPermission: boolean
  readonly hasPlace: boolean
}

/** A change at the server. */
export interface TrueChange {
  readonly at: number
  readonly action: "grant" | "revoke"
  readonly checkpoint: string
  readonly project: string
  readonly permission: string
  readonly event: LoggedEvent | undefined
}

/** A run of `drift`. */
export interface Night {
  readonly at: number
  /** The time between requests. */
  readonly pace: number
  readonly unmanaged: boolean
  /** Checkpoints whose listing fails, and how. */
  readonly failing: ReadonlyMap<string, "500" | "foreign 404" | "cut">
  readonly projectsFail: boolean
  /** The page of the log that fails. */
  readonly logFailsAt: number | undefined
  /** The request after which the run is stopped. */
  readonly stopAfter: number | undefined
}

export interface History {
  readonly seed: number
  readonly policy: ReadonlyArray<Wanted>
  readonly unmanaged: ReadonlyArray<string>
  readonly projects: ReadonlyArray<{ readonly id: string; readonly isArchived: boolean }>
  readonly changes: ReadonlyArray<TrueChange>
  /** When a model was deleted. */
  readonly goneAt: ReadonlyMap<string, number>
  readonly nights: ReadonlyArray<Night>
  /** The clock of the machine less that of the server. */
  readonly skew: number
  readonly log: "on" | "off"
  readonly pageSize: number
}

const start = Date.UTC(2026, 10, 3)
const users = Array.from({ length: 5 }, (_, n) => `user${n}@example.com`)
const keys = ["key_0", "key_1", "key_deleted"]

/** Returns the history of a seed. */
export const make = (seed: number): History => {
  const { below, chance, one, some } = random.make(seed)
  const checkpoints = Array.from({ length: 5 + below(36) }, (_, n) => `ft:gpt-4o-mini:org:model-${n}:${seed}`)
  const managed = checkpoints.filter((_, n) => n === 0 || !(n % 7 === 3))
  const projects = Array.from({ length: 4 + below(6) }, (_, n) => `proj_${n}`)
  const nightCount = 3 + below(8)
  const world = {
    silent: one([0, 1 / 3, 1 / 3, 1 / 3, 1]),
    lateness: one([0, 0, 10 * second, 48 * hour, 7 * day, 7 * day]),
    jitter: one([0, second, 9 * minute, 9 * minute]),
    barren: chance(0.15),
    changesANight: one([0, 1, 1, 3, 3, 20]),
    past: one([0, 10, 40]),
    hour: one([2 * hour, 22 * hour, day - 5 * minute, below(24) * hour]),
    fails: one([0, 0, 0.02, 0.1]),
    isApplied: one([0, 0.5, 1])
  }
  const policy = managed.map((checkpoint): Wanted => {
    const mode = chance(0.85) ? "exact" : "at-least"
    const owner = chance(0.3) ? one(projects) : undefined
    return {
      checkpoint,
      mode,
      owner,
      entries: some(projects, 0.35)
        .filter((project) => project !== owner)
        .map((project) => ({
          project,
          until: mode === "exact" && chance(0.2) ? dayOf(start + (below(nightCount + 4) - 2) * day) : undefined
        }))
    }
  })
  const typo = chance(0.03) ? one(policy) : undefined
  const wanted = policy.map((one) =>
    one === typo ? { ...one, entries: [...one.entries, { project: "proj_typo", until: undefined }] } : one
  )

  const held = new Map(checkpoints.map((id) => [id, new Map<string, string>()]))
  const changes: Array<TrueChange> = []
  let ids = 0
  const record = (
    at: number,
    action: TrueChange["action"],
    checkpoint: string,
    project: string,
    permission: string,
    byKey: boolean
  ) => {
    const actor = byKey ? { key: one(keys) } : { email: one(users) }
    const shifted = Math.floor((at + (below(2 * world.jitter + 1) - world.jitter)) / second)
    const isComplete = !world.barren || chance(0.8)
    const event = {
      id: `audit_log-${++ids}`,
      at: shifted,
      shownAt: Math.max(shifted, Math.floor((at + below(world.lateness + 1)) / second)),
      actor: isComplete || chance(0.5) ? actor : undefined,
      hasPermission: isComplete || chance(0.5),
      hasPlace: isComplete || chance(0.5)
    }
    changes.push({ at, action, checkpoint, project, permission, event: chance(world.silent) ? undefined : event })
  }
  const grant = (at: number, checkpoint: string, project: string, byKey: boolean) => {
    const permission = `cp_${++ids}`
    held.get(checkpoint)?.set(permission, project)
    record(at, "grant", checkpoint, project, permission, byKey)
  }
  const revoke = (at: number, checkpoint: string, permission: string, byKey: boolean) => {
    const project = held.get(checkpoint)?.get(permission) ?? ""
    held.get(checkpoint)?.delete(permission)
    record(at, "revoke", checkpoint, project, permission, byKey)
  }
  const byHand = (at: number) => {
    const checkpoint = one(checkpoints)
    const there = [...(held.get(checkpoint)?.keys() ?? [])]
    if (there.length === 0 || chance(0.5)) grant(at, checkpoint, one(projects), chance(0.3))
    else revoke(at, checkpoint, one(there), chance(0.3))
  }
  const goneAt = new Map<string, number>()
  const applyPolicy = (at: number) => {
    for (const { checkpoint, entries, mode, owner } of policy) {
      if (goneAt.has(checkpoint)) continue
      const now = entries.filter(({ until }) => until === undefined || until >= dayOf(at)).map(({ project }) => project)
      const kept = new Set<string>()
      for (const [permission, project] of [...(held.get(checkpoint) ?? [])]) {
        if (project === owner) continue
        if (mode === "exact" && (!now.includes(project) || kept.has(project))) revoke(at, checkpoint, permission, true)
        else kept.add(project)
      }
      for (const project of now) if (!kept.has(project)) grant(at, checkpoint, project, true)
    }
  }

  for (const at of Array.from({ length: world.past }, () => start - day - below(60 * day)).sort((a, b) => a - b)) {
    byHand(at)
  }
  const nights: Array<Night> = []
  const acts: Array<readonly [at: number, act: (at: number) => void]> = []
  const deleteModel = (at: number) => {
    const { checkpoint } = one(policy)
    if (!goneAt.has(checkpoint)) goneAt.set(checkpoint, at)
    held.get(checkpoint)?.clear()
  }
  for (let n = 0; n < nightCount; n++) {
    const from = start + n * day
    const at = from + world.hour
    for (let count = below(world.changesANight + 1); count > 0; count--) {
      acts.push([chance(0.4) ? at + below(40 * minute) : from + below(day), byHand])
    }
    if (n === 0 || chance(world.isApplied)) acts.push([at - (2 + below(60)) * minute, applyPolicy])
    if (chance(0.01)) acts.push([at - hour, deleteModel])
    nights.push({
      at,
      pace: one([second, 6 * second, minute]),
      unmanaged: chance(0.2),
      failing: new Map(
        some(checkpoints, chance(0.3) ? world.fails : 0).map((id) => [id, one(["500", "foreign 404", "cut"])])
      ),
      projectsFail: chance(0.03),
      logFailsAt: chance(0.03) ? 1 + below(4) : undefined,
      stopAfter: chance(0.05) ? 1 + below(checkpoints.length + 5) : undefined
    })
  }
  for (const [at, act] of acts.sort(([one], [other]) => one - other)) act(at)
  return {
    seed,
    policy: wanted,
    unmanaged: checkpoints.filter((id) => !managed.includes(id)),
    projects: projects.map((id) => ({ id, isArchived: chance(0.05) })),
    changes: changes
      .filter(({ at, checkpoint }) => at < (goneAt.get(checkpoint) ?? Number.POSITIVE_INFINITY))
      .sort((a, b) => a.at - b.at),
    goneAt,
    nights,
    skew: one([0, 0, -3 * minute, 2 * second, 20 * minute, -2 * hour, 2 * hour, below(4 * hour) - 2 * hour]),
    log: chance(0.04) ? "off" : "on",
    pageSize: one([5, 5, 20, 100, 100])
  }
}
