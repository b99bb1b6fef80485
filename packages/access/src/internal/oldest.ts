import type { Permission } from "@checkpoint-permissions/core/Permission"
import * as Order from "effect/Order"

/** Oldest first: by `created_at`, then by `id`, so that everyone who looks chooses the same one. */
export const byAge: Order.Order<Permission> = Order.combine(
  Order.mapInput(Order.number, (permission: Permission) => permission.created_at),
  Order.mapInput(Order.string, (permission: Permission) => permission.id)
)

/** The permissions of each project, the one that stays first. */
export const byProject = (permissions: Iterable<Permission>): Map<string, Array<Permission>> => {
  const projects = new Map<string, Array<Permission>>()
  for (const permission of permissions) {
    const same = projects.get(permission.project_id)
    if (same === undefined) projects.set(permission.project_id, [permission])
    else same.push(permission)
  }
  for (const same of projects.values()) same.sort(byAge)
  return projects
}
