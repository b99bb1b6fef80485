/** The paths of the API, relative to the base URL. Each id is checked again where it becomes part of a path. */
import { refuseCheckpoint, refuseJob, refusePermission } from "./identifiers.ts"
import type { Checked } from "./internal/refusal.ts"

/** The ids of paths by the names of their placeholders: the parameter that a caller knows, and why one is refused. */
const placeholders = [
  ["checkpoint", "checkpoint", refuseCheckpoint],
  ["permission", "permissionId", refusePermission],
  ["job", "job", refuseJob]
] as const

/** A path with the ids that its template names. */
export const route = (template: string, given: object): Checked<{ path: string; ids: Record<string, string> }> => {
  const ids: Record<string, string> = {}
  let path = template
  for (const [name, field, refuse] of placeholders) {
    if (!template.includes(`{${name}}`)) continue
    const id: unknown = Reflect.get(given, name)
    const reason = refuse(id)
    if (reason !== undefined) return { field, reason }
    ids[name] = String(id)
    path = path.replace(`{${name}}`, encodeURIComponent(String(id)))
  }
  return { ok: { path, ids } }
}
