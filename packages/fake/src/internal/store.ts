import type { Permission, Seed, SeedPermission } from "../seed.ts"

/** The permissions of a checkpoint from a time on, oldest first. */
interface Version {
  readonly since: number
  readonly permissions: ReadonlyArray<Permission>
}

/** The permissions of every checkpoint, immutable: each write makes a new store. */
export interface Store {
  /** The versions of each checkpoint, the newest last. An older version is kept as long as a listing may show it. */
  readonly checkpoints: ReadonlyMap<string, ReadonlyArray<Version>>
  /** Ids from seeds. They are not used for new permissions. */
  readonly reserved: ReadonlySet<string>
  readonly ids: number
}

export const empty: Store = { checkpoints: new Map(), reserved: new Set(), ids: 0 }

const none: ReadonlyArray<Permission> = []

/** Returns the permissions of a checkpoint, oldest first. */
export const permissionsOf = (store: Store, checkpoint: string): ReadonlyArray<Permission> =>
  store.checkpoints.get(checkpoint)?.at(-1)?.permissions ?? none

/** Returns the permissions that a listing with a lag of `lag` milliseconds shows. */
export const listed = (store: Store, checkpoint: string, now: number, lag: number): ReadonlyArray<Permission> => {
  const versions = store.checkpoints.get(checkpoint)
  if (versions === undefined) return none
  const shown = versions.findLast(({ since }) => since + lag <= now) ?? versions[0]
  return shown?.permissions ?? none
}

export const all = (store: Store): ReadonlyMap<string, ReadonlyArray<Permission>> =>
  new Map(Array.from(store.checkpoints.keys(), (checkpoint) => [checkpoint, permissionsOf(store, checkpoint)]))

/** The checkpoint and time of a write, and the milliseconds until a listing shows it. */
interface Write {
  readonly checkpoint: string
  readonly now: number
  readonly lag: number
}

const write = (store: Store, permissions: ReadonlyArray<Permission>, { checkpoint, lag, now }: Write): Store => {
  const before = store.checkpoints.get(checkpoint) ?? [{ since: Number.MIN_SAFE_INTEGER, permissions: none }]
  const shown = before.findLastIndex(({ since }) => since + lag <= now)
  const kept = lag === 0 ? [] : before.slice(Math.max(0, shown))
  return {
    ...store,
    checkpoints: new Map(store.checkpoints).set(checkpoint, [...kept, { since: now, permissions }])
  }
}

const nextId = (store: Store): readonly [id: string, store: Store] => {
  const ids = store.ids + 1
  const id = `cp_${String(ids).padStart(24, "0")}`
  const next = { ...store, ids }
  return store.reserved.has(id) ? nextId(next) : [id, next]
}

/** Makes a permission without inserting it. */
export const make = (store: Store, given: SeedPermission, now: number): readonly [Permission, Store] => {
  const [id, next] = given.id === undefined ? nextId(store) : [given.id, store]
  return [
    {
      id,
      created_at: given.created_at ?? Math.floor(now / 1000),
      object: "checkpoint.permission",
      project_id: given.project_id
    },
    next
  ]
}

/** Merges permissions by age. New permissions come after existing ones of the same age. */
const merged = (before: ReadonlyArray<Permission>, added: ReadonlyArray<Permission>): ReadonlyArray<Permission> => {
  const permissions = [...before, ...added]
  const inOrder = permissions.every((one, i) => i === 0 || (permissions[i - 1]?.created_at ?? 0) <= one.created_at)
  return inOrder ? permissions : permissions.sort((a, b) => a.created_at - b.created_at)
}

export const insert = (store: Store, added: ReadonlyArray<Permission>, at: Write): Store =>
  write(store, merged(permissionsOf(store, at.checkpoint), added), at)

export const remove = (store: Store, id: string, at: Write): Store => {
  const left = permissionsOf(store, at.checkpoint).filter((permission) => permission.id !== id)
  return write(store, left, at)
}

/**
 * Adds permissions as if they had been granted before: every listing shows them immediately. A permission with the same
 * id is replaced.
 */
export const seeded = (before: Store, seed: Seed, now: number): Store => {
  const reserved = new Set(before.reserved)
  const checkpoints = new Map(before.checkpoints)
  let store: Store = { ...before, reserved }
  for (const given of Object.values(seed).flat()) {
    if (typeof given !== "string" && given.id !== undefined) reserved.add(given.id)
  }
  for (const [checkpoint, given] of Object.entries(seed)) {
    const added: Array<Permission> = []
    for (const one of given) {
      const [permission, next] = make(store, typeof one === "string" ? { project_id: one } : one, now)
      added.push(permission)
      store = next
    }
    const ids = new Set(added.map(({ id }) => id))
    const versions = checkpoints.get(checkpoint) ?? [{ since: Number.MIN_SAFE_INTEGER, permissions: none }]
    checkpoints.set(
      checkpoint,
      versions.map((version) => ({
        ...version,
        permissions: merged(
          version.permissions.filter(({ id }) => !ids.has(id)),
          added
        )
      }))
    )
  }
  return { ...store, checkpoints }
}
