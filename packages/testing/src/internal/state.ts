import * as Identifiers from "@checkpoint-permissions/core/Identifiers"
import type { Permission } from "@checkpoint-permissions/core/Permission"

export interface NewPermission {
  readonly project_id: string
  readonly id?: string | undefined
  readonly created_at?: number | undefined
}

/** What the server knows: the permissions of each checkpoint, oldest first. */
export interface State {
  readonly checkpoints: Map<string, ReadonlyArray<Permission>>
  /** Every id that was ever given out. */
  readonly ids: Set<string>
  permissionIds: number
  requestIds: number
  listings: number
}

export const make = (): State => ({
  checkpoints: new Map(),
  ids: new Set(),
  permissionIds: 0,
  requestIds: 0,
  listings: 0
})

const numbered = (prefix: string, width: number, n: number): string => `${prefix}${String(n).padStart(width, "0")}`

export const nextRequestId = (state: State): string => {
  state.requestIds += 1
  return numbered("req_", 32, state.requestIds)
}

const nextPermissionId = (state: State): string => {
  state.permissionIds += 1
  const id = numbered("cp_", 24, state.permissionIds)
  return state.ids.has(id) ? nextPermissionId(state) : id
}

export const permissionsOf = (state: State, checkpoint: string): ReadonlyArray<Permission> =>
  state.checkpoints.get(checkpoint) ?? []

/** Whatever string came in is what the server keeps; its schema is the client's business. */
const trusted = { disableValidation: true } as const

/** A permission that is not in the state yet. */
export const permission = (state: State, given: NewPermission, now: number): Permission => {
  const id = given.id ?? nextPermissionId(state)
  state.ids.add(id)
  return {
    id: Identifiers.PermissionId.make(id, trusted),
    created_at: given.created_at ?? Math.floor(now / 1000),
    object: "checkpoint.permission",
    project_id: Identifiers.ProjectId.make(given.project_id, trusted)
  }
}

/** After all that are as old or older. */
export const insert = (state: State, checkpoint: string, added: ReadonlyArray<Permission>): void => {
  const all = [...permissionsOf(state, checkpoint), ...added]
  state.checkpoints.set(
    checkpoint,
    all.every((one, i) => i === 0 || (all[i - 1]?.created_at ?? 0) <= one.created_at)
      ? all
      : all.sort((a, b) => a.created_at - b.created_at)
  )
}

export const remove = (state: State, checkpoint: string, id: string): void => {
  state.checkpoints.set(
    checkpoint,
    permissionsOf(state, checkpoint).filter((permission) => permission.id !== id)
  )
}
