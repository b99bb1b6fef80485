/** The paths of the API, relative to the base URL. Each id is checked again where it becomes part of a path. */
import { refuseCheckpoint, refuseJob, refusePermission } from "./identifiers.ts"
import type { Refusal } from "./internal/refusal.ts"

/** A path, or why there is none. */
export type Route = { readonly path: string } | Refusal

/** The paths with placeholders, for spans: no id is in them. */
export const templates = {
  permissions: "/fine_tuning/checkpoints/{checkpoint}/permissions",
  permission: "/fine_tuning/checkpoints/{checkpoint}/permissions/{permission}",
  models: "/models",
  jobs: "/fine_tuning/jobs",
  jobCheckpoints: "/fine_tuning/jobs/{job}/checkpoints",
  projects: "/organization/projects",
  auditLogs: "/organization/audit_logs",
  adminKeys: "/organization/admin_api_keys"
} as const

const rules = {
  checkpoint: { field: "checkpoint", refuse: refuseCheckpoint },
  permission: { field: "permissionId", refuse: refusePermission },
  job: { field: "job", refuse: refuseJob }
}

/** A path with its ids, by the names of their placeholders. */
export const route = (template: string, ids: Readonly<Record<string, unknown>>): Route => {
  let path = template
  for (const name of ["checkpoint", "permission", "job"] as const) {
    if (!(name in ids)) continue
    const { field, refuse } = rules[name]
    const reason = refuse(ids[name])
    if (reason !== undefined) return { field, reason }
    path = path.replace(`{${name}}`, encodeURIComponent(String(ids[name])))
  }
  return { path }
}

/** The path of a list (`GET`) and of a create (`POST`). */
export const permissions = (checkpoint: unknown): Route => route(templates.permissions, { checkpoint })

/** The path of a delete (`DELETE`). */
export const permission = (checkpoint: unknown, id: unknown): Route =>
  route(templates.permission, { checkpoint, permission: id })
