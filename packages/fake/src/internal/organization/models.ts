import type { Reply } from "../../http.ts"
import type { Call, Input } from "../api/call.ts"
import { json } from "../api/reply.ts"
import * as Store from "../store.ts"
import { excludes } from "./modelPermissions.ts"
import { modelsOf, ownerOf } from "./state.ts"

const names = ({ behavior, organization, store }: Input): ReadonlySet<string> =>
  new Set([
    ...organization.jobs.flatMap(modelsOf),
    ...Object.keys(behavior.owners),
    ...behavior.checkpoints,
    ...store.checkpoints.keys()
  ])

/** The models that a project sees; all without a project. */
export const listModels = ({ identity: { project }, state }: Call): Reply => {
  const { behavior, organization, store } = state
  const fineTuned = names(state)
  const sees = (checkpoint: string): boolean =>
    project === undefined ||
    ownerOf(organization, behavior, checkpoint) === project ||
    (behavior.grantedModels === "visible" &&
      Store.permissionsOf(store, checkpoint).some((permission) => permission.project_id === project))
  const details = new Map(organization.models.map((one) => [one.id, one]))
  const isShown = (id: string): boolean =>
    behavior.excludedModels === "visible" || project === undefined || !excludes(organization, project, id)
  const ids = [...[...details.keys()].filter((id) => !fineTuned.has(id)), ...[...fineTuned].filter(sees)]
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
