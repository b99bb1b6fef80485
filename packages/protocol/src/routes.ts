/** The paths of the API, relative to the base URL. Each id is checked again where it becomes part of a path. */
import { refuseCheckpoint, refuseJob, refusePermission } from "./identifiers.ts"
import type { Refusal } from "./internal/refusal.ts"

/** A path, or why there is none. */
export type Route = { readonly path: string } | Refusal

/** The path of a list (`GET`) and of a create (`POST`): `/fine_tuning/checkpoints/{checkpoint}/permissions`. */
export const permissions = (checkpoint: unknown): Route => {
  const reason = refuseCheckpoint(checkpoint)
  if (reason !== undefined) return { field: "checkpoint", reason }
  return { path: `/fine_tuning/checkpoints/${encodeURIComponent(String(checkpoint))}/permissions` }
}

/** The path of a delete (`DELETE`): `/fine_tuning/checkpoints/{checkpoint}/permissions/{permission}`. */
export const permission = (checkpoint: unknown, permissionId: unknown): Route => {
  const parent = permissions(checkpoint)
  if ("reason" in parent) return parent
  const reason = refusePermission(permissionId)
  if (reason !== undefined) return { field: "permissionId", reason }
  return { path: `${parent.path}/${encodeURIComponent(String(permissionId))}` }
}

/** The path of the checkpoints of a job: `/fine_tuning/jobs/{job}/checkpoints`. */
export const jobCheckpoints = (job: unknown): Route => {
  const reason = refuseJob(job)
  if (reason !== undefined) return { field: "job", reason }
  return { path: `${templates.jobs}/${encodeURIComponent(String(job))}/checkpoints` }
}

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
