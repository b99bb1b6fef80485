import type { ServerBehavior } from "../../behavior.ts"
import type { Reply, ServerRequest } from "../../http.ts"
import type { ModelPermissions } from "../../seed.ts"
import * as Envelope from "../api/envelope.ts"
import { bodyOf } from "../api/jsonBody.ts"
import { json } from "../api/reply.ts"
import type { OrganizationState } from "./state.ts"

const shown = ({ mode, model_ids }: ModelPermissions): Reply =>
  json(200, { object: "project.model_permissions", mode, model_ids })

const setFor = (state: OrganizationState, project: string): ModelPermissions | undefined =>
  Object.hasOwn(state.modelPermissions, project) ? state.modelPermissions[project] : undefined

/** Whether the model permissions of a project keep a model from it. What is not set keeps none. */
export const excludes = (state: OrganizationState, project: string, model: string): boolean => {
  const set = setFor(state, project)
  return set !== undefined && set.model_ids.includes(model) === (set.mode === "deny_list")
}

const notSet = (project: string): Reply =>
  Envelope.failure(404, `No model permissions are set for project '${project}'.`, { code: "not_found" })

export const get = (state: OrganizationState, behavior: ServerBehavior, project: string): Reply => {
  const set = setFor(state, project)
  if (set !== undefined) return shown(set)
  switch (behavior.unsetModelPermissions) {
    case "deny-none":
      return shown({ mode: "deny_list", model_ids: [] })
    case "allow-none":
      return shown({ mode: "allow_list", model_ids: [] })
    case "not-found":
      return notSet(project)
  }
}

const parsed = (request: ServerRequest): ModelPermissions | Reply => {
  const body = bodyOf(request, ["mode", "model_ids"])
  if (body._tag === "Refused") return body.reply
  const { mode, model_ids: models } = body.fields
  if (mode === undefined) return Envelope.missingParameter("mode")
  if (typeof mode !== "string") return Envelope.invalidType("mode", "a string", mode)
  if (mode !== "allow_list" && mode !== "deny_list") {
    return Envelope.invalidValue(
      "mode",
      `value '${mode}' is not supported. Supported values are: 'allow_list' and 'deny_list'.`
    )
  }
  if (models === undefined) return Envelope.missingParameter("model_ids")
  if (!Array.isArray(models)) return Envelope.invalidType("model_ids", "an array of strings", models)
  const ids: Array<string> = []
  for (const [i, id] of models.entries()) {
    if (typeof id !== "string") return Envelope.invalidType(`model_ids[${i}]`, "a string", id)
    ids.push(id)
  }
  return { mode, model_ids: ids }
}

export const update = (
  state: OrganizationState,
  request: ServerRequest,
  project: string
): { readonly organization: OrganizationState; readonly reply: Reply } => {
  const wanted = parsed(request)
  if ("status" in wanted) return { organization: state, reply: wanted }
  return {
    organization: { ...state, modelPermissions: { ...state.modelPermissions, [project]: wanted } },
    reply: shown(wanted)
  }
}

const deletion = (deleted: boolean): Reply => json(200, { object: "project.model_permissions.deleted", deleted })

const gone = (behavior: ServerBehavior, project: string): Reply => {
  switch (behavior.deleteGone) {
    case "not-found":
      return notSet(project)
    case "deleted-false":
      return deletion(false)
    case "deleted-true":
      return deletion(true)
  }
}

export const remove = (
  state: OrganizationState,
  behavior: ServerBehavior,
  project: string
): { readonly organization: OrganizationState; readonly reply: Reply } => {
  if (setFor(state, project) === undefined) return { organization: state, reply: gone(behavior, project) }
  const { [project]: _, ...others } = state.modelPermissions
  return { organization: { ...state, modelPermissions: others }, reply: deletion(true) }
}
