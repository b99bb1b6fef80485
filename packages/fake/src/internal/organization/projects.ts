import type { Reply } from "../../http.ts"
import type { Project } from "../../seed.ts"
import type { Call, Input } from "../api/call.ts"
import { flag } from "../paging/query.ts"
import { page, slice } from "../paging/slice.ts"
import * as Store from "../store.ts"

/** Those that were given, or every project that the server has heard of. */
export const projectsOf = ({ behavior, organization, store }: Input): ReadonlyArray<Project> => {
  const { jobs, permitted, projects } = organization
  if (projects !== undefined) return projects
  const heardOf = new Set([
    behavior.defaultProject,
    ...Object.values(behavior.owners),
    ...jobs.flatMap(({ project }) => project ?? []),
    ...permitted,
    ...(behavior.keys === "any" ? [] : behavior.keys.flatMap(({ project }) => project ?? [])),
    ...Array.from(Store.all(store).values()).flatMap((all) => all.map(({ project_id }) => project_id))
  ])
  return [...heardOf].map((id) => ({ id }))
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
  return page(slice({ all, wanted, byDefault: 20, max: 100 }, query, state.behavior))
}
