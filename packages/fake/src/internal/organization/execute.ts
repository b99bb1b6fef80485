import type { Reply, ServerRequest } from "../../http.ts"
import type { Identity } from "../api/auth.ts"
import { failure, unknownParameter } from "../api/envelope.ts"
import type { Operation } from "../faults/model.ts"
import { listAdminKeys } from "./adminKeys.ts"
import { listAuditLogs } from "./auditLogs.ts"
import type { Input } from "./input.ts"
import { listJobCheckpoints, listJobs } from "./jobs.ts"
import * as ModelPermissions from "./modelPermissions.ts"
import { listModels } from "./models.ts"
import { listProjects, projectsOf } from "./projects.ts"
import type { OrganizationState } from "./state.ts"

interface Executed {
  readonly reply: Reply
  readonly changes: { readonly organization?: OrganizationState }
}

const reply = (made: Reply): Executed => ({ reply: made, changes: {} })

const changed = (made: { readonly reply: Reply; readonly organization: OrganizationState }): Executed => ({
  reply: made.reply,
  changes: { organization: made.organization }
})

const executeModelPermissions = (
  { behavior, organization, store }: Input,
  request: ServerRequest,
  operation: Operation,
  project: string
): Executed => {
  const [unknown] = request.query.find(([name]) => name !== "api-version") ?? []
  if (unknown !== undefined) return reply(unknownParameter(unknown))
  const isKnown =
    organization.given.projects === undefined ||
    projectsOf(organization, behavior, store).some(({ id }) => id === project)
  if (!isKnown) {
    return reply(failure(404, `No project found with id '${project}'.`, { param: "project_id", code: "not_found" }))
  }
  switch (operation) {
    case "update-model-permissions":
      return changed(ModelPermissions.update(organization, request, project))
    case "delete-model-permissions":
      return changed(ModelPermissions.remove(organization, behavior, project))
    default:
      return reply(ModelPermissions.get(organization, behavior, project))
  }
}

/** Executes a call next to checkpoint permissions. */
export const executeOrganization = (
  state: Input,
  request: ServerRequest,
  { id, operation }: { readonly operation: Operation; readonly id: string },
  { project }: Identity,
  now: number
): Executed => {
  const { behavior, organization, store } = state
  switch (operation) {
    case "list-models":
      return reply(listModels(organization, behavior, store, request, project))
    case "list-jobs":
      return reply(listJobs(organization, behavior, request, project))
    case "list-job-checkpoints":
      return reply(listJobCheckpoints(organization, behavior, request, project, id))
    case "list-projects":
      return reply(listProjects(organization, behavior, store, request))
    case "list-audit-logs":
      return reply(listAuditLogs(state, request, now))
    case "list-admin-keys":
      return reply(listAdminKeys(organization, behavior, request))
    default:
      return executeModelPermissions(state, request, operation, id)
  }
}
