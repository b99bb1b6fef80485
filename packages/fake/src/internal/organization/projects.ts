import type { Reply, ServerRequest } from "../../http.ts"
import type { ModelPermissions, Project } from "../../seed.ts"
import type { Call, Executed, Input } from "../api/call.ts"
import { page, slice } from "../api/paging.ts"
import { bodyOf, flag, oneOf, textsOf } from "../api/parameters.ts"
import { gone, invalidType, json, Refusal, refused } from "../api/reply.ts"
import { errors } from "../errors.ts"
import * as Store from "../store.ts"
import type { OrganizationState } from "./state.ts"

/** Returns the projects of the seed. Default: every project in the other data. */
export const projectsOf = ({ behavior, organization, store }: Input): ReadonlyArray<Project> => {
  const { jobs, permitted, projects } = organization
  if (projects !== undefined) return projects
  const named = new Set([
    behavior.defaultProject,
    ...Object.values(behavior.owners),
    ...jobs.flatMap(({ project }) => project ?? []),
    ...permitted,
    ...(behavior.keys === "any" ? [] : behavior.keys.flatMap(({ project }) => project ?? [])),
    ...Array.from(Store.all(store).values()).flatMap((all) => all.map(({ project_id }) => project_id))
  ])
  return [...named].map((id) => ({ id }))
}

export const listProjects = ({ query, state }: Call): Reply => {
  const archivedToo = flag(query, "include_archived")
  const all = projectsOf(state).map(({ archived_at: archivedAt = null, created_at, id, name }) => ({
    id,
    object: "organization.project",
    name: name ?? id,
    created_at: created_at ?? state.organization.since,
    archived_at: archivedAt,
    status: archivedAt === null ? "active" : "archived"
  }))
  const wanted = ({ status }: { readonly status: string }) => archivedToo || status === "active"
  return page(slice({ all, wanted, byDefault: 20, max: 100 }, query, state.behavior), state.behavior)
}

const shown = ({ mode, model_ids }: ModelPermissions): Reply =>
  json(200, { object: "project.model_permissions", mode, model_ids })

const setFor = (state: OrganizationState, project: string): ModelPermissions | undefined =>
  Object.hasOwn(state.modelPermissions, project) ? state.modelPermissions[project] : undefined

const notSet = (project: string): Reply => refused(errors["not_found/model-permissions"](project))

const ofProject =
  (execute: (call: Call, project: string) => Executed | Reply) =>
  (call: Call): Executed | Reply => {
    const { project = "" } = call.params
    const { projects } = call.state.organization
    const isKnown = projects === undefined || projects.some(({ id }) => id === project)
    if (isKnown) return execute(call, project)
    throw new Refusal(errors["not_found/project"](project))
  }

export const get = ofProject(({ state: { behavior, organization } }, project) => {
  const set = setFor(organization, project)
  if (set !== undefined) return shown(set)
  if (behavior.unsetModelPermissions === "not-found") return notSet(project)
  return shown({ mode: behavior.unsetModelPermissions === "deny-none" ? "deny_list" : "allow_list", model_ids: [] })
})

const parsed = (request: ServerRequest): ModelPermissions => {
  const { mode, model_ids: models } = bodyOf(request, ["mode", "model_ids"])
  if (mode === undefined) throw new Refusal(errors.missing_required_parameter("mode"))
  if (typeof mode !== "string") throw invalidType("mode", "a string", mode)
  return { mode: oneOf("mode", mode, ["allow_list", "deny_list"]), model_ids: textsOf("model_ids", models) }
}

export const update = ofProject(({ request, state: { organization } }, project) => {
  const wanted = parsed(request)
  const modelPermissions = { ...organization.modelPermissions, [project]: wanted }
  return { reply: shown(wanted), changes: { organization: { ...organization, modelPermissions } } }
})

const deletion = (deleted: boolean): Reply => json(200, { object: "project.model_permissions.deleted", deleted })

export const remove = ofProject(({ state: { behavior, organization } }, project) => {
  if (setFor(organization, project) === undefined) return gone(behavior, deletion, notSet(project))
  const { [project]: _, ...modelPermissions } = organization.modelPermissions
  return { reply: deletion(true), changes: { organization: { ...organization, modelPermissions } } }
})
