import type { Permission } from "@checkpoint-permissions/core/Permission"
import * as Order from "effect/Order"

type Aged = Pick<Permission, "id" | "created_at">

/** Oldest first: by `created_at`, then by `id`, so that everyone who looks chooses the same one. */
export const byAge: Order.Order<Aged> = Order.combine(
  Order.mapInput(Order.number, (permission: Aged) => permission.created_at),
  Order.mapInput(Order.string, (permission: Aged) => permission.id)
)

/** The permissions of each project, the one that stays first. One that is listed twice is still one, no duplicate. */
export const byProject = <P extends Aged & Pick<Permission, "project_id">>(
  permissions: Iterable<P>
): Map<string, Array<P>> => {
  const projects = new Map<string, Array<P>>()
  for (const permission of permissions) {
    const same = projects.get(permission.project_id)
    if (same === undefined) projects.set(permission.project_id, [permission])
    else if (same.every(({ id }) => id !== permission.id)) same.push(permission)
  }
  for (const same of projects.values()) same.sort(byAge)
  return projects
}
