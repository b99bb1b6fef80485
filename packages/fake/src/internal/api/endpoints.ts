import type { Operation } from "../faults/fault.ts"
import type * as Router from "../router.ts"

export interface Endpoint extends Router.Endpoint {
  readonly operation: Operation
  readonly scope: string
}

const permissions = "/fine_tuning/checkpoints/:checkpoint/permissions"
const models = "/organization/projects/:project/model_permissions"

const read = "api.fine_tuning.checkpoints.read"
const write = "api.fine_tuning.checkpoints.write"
const jobs = "api.fine_tuning.jobs.read"
const management = "api.management.read"

/** The endpoints, with paths below the base path. */
export const endpoints: ReadonlyArray<Endpoint> = [
  { operation: "list", method: "GET", path: permissions, scope: read },
  { operation: "create", method: "POST", path: permissions, scope: write },
  { operation: "delete", method: "DELETE", path: `${permissions}/:permission`, scope: write },
  { operation: "list-models", method: "GET", path: "/models", scope: "api.model.read" },
  { operation: "list-jobs", method: "GET", path: "/fine_tuning/jobs", scope: jobs },
  { operation: "list-job-checkpoints", method: "GET", path: "/fine_tuning/jobs/:job/checkpoints", scope: jobs },
  { operation: "list-projects", method: "GET", path: "/organization/projects", scope: management },
  { operation: "get-model-permissions", method: "GET", path: models, scope: management },
  { operation: "update-model-permissions", method: "POST", path: models, scope: "api.management.write" },
  { operation: "delete-model-permissions", method: "DELETE", path: models, scope: "api.management.write" },
  { operation: "list-audit-logs", method: "GET", path: "/organization/audit_logs", scope: "api.audit_logs.read" },
  { operation: "list-admin-keys", method: "GET", path: "/organization/admin_api_keys", scope: management }
]

/** The query parameters by operation. An operation that is not listed has none. */
export const parameters: { readonly [O in Operation]?: ReadonlyArray<string> } = {
  list: ["project_id", "after", "limit", "order"],
  "list-jobs": ["after", "limit", "metadata", "metadata[key]"],
  "list-job-checkpoints": ["after", "limit"],
  "list-projects": ["after", "limit", "include_archived"],
  "list-admin-keys": ["after", "limit", "order"],
  "list-audit-logs": [
    ...["limit", "after", "before", "tenant_only"],
    ...["effective_at[gt]", "effective_at[gte]", "effective_at[lt]", "effective_at[lte]"],
    ...["project_ids[]", "event_types[]", "actor_ids[]", "actor_emails[]", "resource_ids[]"]
  ]
}

const ordinary: ReadonlyArray<string> = ["api.model.read", jobs]

/** Returns true if an endpoint needs an admin key. */
export const takesAdmin = ({ scope }: Endpoint): boolean => !ordinary.includes(scope)
