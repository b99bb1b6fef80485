import type { Reply, ServerRequest } from "../../http.ts"
import { errors } from "../errors.ts"
import type { Operation } from "../faults/fault.ts"
import { listAdminKeys } from "../organization/actors.ts"
import { listAuditLogs } from "../organization/auditLogs.ts"
import { listJobCheckpoints, listJobs, listModels } from "../organization/models.ts"
import * as ModelPermissions from "../organization/projects.ts"
import { listProjects } from "../organization/projects.ts"
import * as Organization from "../organization/state.ts"
import * as Quota from "../quota.ts"
import { authorize } from "./auth.ts"
import type { Call, Changeable, Executed, Input } from "./call.ts"
import { parameters } from "./endpoints.ts"
import { queryOf } from "./parameters.ts"
import { create, list, remove } from "./permissions.ts"
import { isReply, Refusal } from "./reply.ts"
import type { Route } from "./route.ts"

type Execute = (call: Call) => Executed | Reply

const isKnown = ({ behavior, organization, store }: Input, checkpoint: string): boolean =>
  behavior.unknownCheckpoints === "accept" ||
  store.checkpoints.has(checkpoint) ||
  behavior.checkpoints.includes(checkpoint) ||
  Organization.ownerOf(organization, behavior, checkpoint) !== undefined

const ofCheckpoint =
  (execute: (call: Call, checkpoint: string) => Executed): Execute =>
  (call) => {
    const { checkpoint = "" } = call.params
    if (checkpoint.startsWith("ftckpt_")) throw new Refusal(errors["none/server-error"]())
    if (isKnown(call.state, checkpoint)) return execute(call, checkpoint)
    throw new Refusal(errors.model_not_found(checkpoint))
  }

const executes: Readonly<Record<Operation, Execute>> = {
  list: ofCheckpoint(list),
  create: ofCheckpoint(create),
  delete: ofCheckpoint(remove),
  "list-models": listModels,
  "list-jobs": listJobs,
  "list-job-checkpoints": listJobCheckpoints,
  "list-projects": listProjects,
  "get-model-permissions": ModelPermissions.get,
  "update-model-permissions": ModelPermissions.update,
  "delete-model-permissions": ModelPermissions.remove,
  "list-audit-logs": listAuditLogs,
  "list-admin-keys": listAdminKeys
}

/** Executes a request. Checks its key, the quota and its query first. */
export const execute = (state: Input, request: ServerRequest, route: Route, now: number): Executed => {
  if (isReply(route)) return { reply: route, changes: {} }
  const { endpoint, params } = route
  const { operation } = endpoint
  let changes: Partial<Changeable> = {}
  try {
    const identity = authorize(state.behavior, request.headers, endpoint)
    const { quota, refusal } = Quota.take(state.quota, state.behavior.rate, operation, now)
    changes = { quota }
    if (refusal !== undefined) return { reply: refusal, changes }
    const query = queryOf(request, parameters[operation] ?? [])
    const result = executes[operation]({ identity, state, request, query, params, now })
    return isReply(result) ? { reply: result, changes } : { ...result, changes: { ...result.changes, quota } }
  } catch (error) {
    if (error instanceof Refusal) return { reply: error.reply, changes }
    throw error
  }
}
