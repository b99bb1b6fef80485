import type { Reply } from "../../http.ts"
import type { Model } from "../../seed.ts"
import type { Call, Input } from "../api/call.ts"
import { json } from "../api/reply.ts"
import * as Store from "../store.ts"
import { jobsOf } from "./jobs.ts"
import { excludes } from "./modelPermissions.ts"
import { ownerOf } from "./state.ts"

const names = ({ behavior, organization, store }: Input): ReadonlySet<string> => {
  const ofJobs = jobsOf(organization, behavior).flatMap(({ fine_tuned_model: model, checkpoints }) => [
    ...(model === null ? [] : [model]),
    ...checkpoints.map((one) => one.fine_tuned_model_checkpoint)
  ])
  return new Set([...ofJobs, ...Object.keys(behavior.owners), ...behavior.checkpoints, ...store.checkpoints.keys()])
}

/** The models that a project sees; all without a project. */
export const listModels = ({ identity: { project }, state }: Call): Reply => {
  const { behavior, organization, store } = state
  const given = (organization.given.models ?? []).map((one): Model => (typeof one === "string" ? { id: one } : one))
  const fineTuned = names(state)
  const sees = (checkpoint: string): boolean =>
    project === undefined ||
    ownerOf(organization, behavior, checkpoint) === project ||
    (behavior.grantedModels === "visible" &&
      Store.permissionsOf(store, checkpoint).some((permission) => permission.project_id === project))
  const details = new Map(given.map((one) => [one.id, one]))
  const isShown = (id: string): boolean =>
    behavior.excludedModels === "visible" || project === undefined || !excludes(organization, project, id)
  const ids = [...given.map(({ id }) => id).filter((id) => !fineTuned.has(id)), ...[...fineTuned].filter(sees)]
  return json(200, {
    object: "list",
    data: ids.filter(isShown).map((id) => ({
      id,
      object: "model",
      created: details.get(id)?.created ?? organization.since,
      owned_by: details.get(id)?.owned_by ?? (fineTuned.has(id) ? "org-fake" : "system"),
      shutdown_date: details.get(id)?.shutdown_date ?? null
    }))
  })
}
