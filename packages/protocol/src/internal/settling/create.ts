import type { Failure } from "../../failure.ts"
import type { Reading } from "./duplicates.ts"
import { byProject, type Granted } from "./oldest.ts"
import { owningProject } from "./owner.ts"

/** What counts of the failure of a create. */
export type CreateFailure = Pick<Failure, "kind" | "detail" | "mayHaveExecuted">

/** How a create ended. */
export type CreateReply<P extends Granted, F = CreateFailure> =
  | { readonly page: { readonly data: ReadonlyArray<P> } }
  | { readonly failure: F }

/** What the server refuses for the sake of a project; the others of the create may be granted or not. */
const isRefusal = ({ kind }: Pick<Failure, "kind">): boolean => kind === "BadRequestError" || kind === "ConflictError"

/** The projects of one create. */
export type Portion<Project> = readonly [Project, ...Array<Project>]

/** Cuts projects into portions of so many at most. */
export const portionsOf = <Project>(all: ReadonlyArray<Project>, size: number): ReadonlyArray<Portion<Project>> =>
  all.flatMap((first, index) => (index % size === 0 ? [[first, ...all.slice(index + 1, index + size)] as const] : []))

/**
 * What a create came to by its own reply: all projects are granted; nothing was done, and the failure has nothing to do
 * with a project; or only a reading tells.
 */
export const onCreate = <P extends Granted>(
  projects: ReadonlyArray<string>,
  reply: CreateReply<P>
): "granted" | "failed" | "unknown" => {
  if ("failure" in reply) return isRefusal(reply.failure) || reply.failure.mayHaveExecuted ? "unknown" : "failed"
  const named = new Set(reply.page.data.map(({ project_id }) => project_id))
  return projects.every((project) => named.has(project)) ? "granted" : "unknown"
}

/**
 * What a create came to by its reply and by a reading of its projects after it, the oldest permission of each first. A
 * create that is refused as a whole is halved until the project is found that is refused.
 *
 * The project that is `owning` has access without a permission. The one that is `refused` is so for its own sake: to send
 * the same again makes no difference. Where the create may yet be carried out, wait before it is sent again, and do so a
 * few times only.
 */
export const afterCreate = <Project extends string, P extends Granted>(
  projects: Portion<Project>,
  reply: CreateReply<P>,
  reading: Reading<P>["projects"]
) => {
  const shown = new Map([...("page" in reply ? byProject(reply.page.data) : []), ...reading])
  const granted = new Map(
    projects.flatMap((project) => (shown.get(project) ?? []).slice(0, 1).map((oldest) => [project, oldest] as const))
  )
  const owning = "failure" in reply ? owningProject(reply.failure, projects) : undefined
  const left = projects.filter((project) => !granted.has(project) && project !== owning)
  const created = { granted, owning, refused: undefined, mayHaveExecuted: false }
  if (left.length < projects.length) return { ...created, toSend: portionsOf(left, left.length) }
  if ("page" in reply || !isRefusal(reply.failure)) return { ...created, toSend: [projects], mayHaveExecuted: true }
  if (projects.length === 1) return { ...created, refused: projects[0], toSend: [] }
  return { ...created, toSend: portionsOf(projects, Math.ceil(projects.length / 2)) }
}
