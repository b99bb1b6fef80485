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

const halves = <A>(all: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> => {
  const middle = Math.ceil(all.length / 2)
  return [all.slice(0, middle), all.slice(middle)]
}

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
  projects: ReadonlyArray<Project>,
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
  if (left.length === 0) return { ...created, toSend: [] }
  if (left.length < projects.length) return { ...created, toSend: [left] }
  if ("page" in reply || !isRefusal(reply.failure)) return { ...created, toSend: [left], mayHaveExecuted: true }
  return left.length > 1 ? { ...created, toSend: halves(left) } : { ...created, refused: left[0], toSend: [] }
}
