import type { Program } from "../program.ts"
import type { Calls } from "./calls.ts"
import { afterCreate, type CreateFailure, type CreateReply, onCreate, portionsOf } from "./create.ts"
import type { Reading } from "./duplicates.ts"
import { limits } from "./limits.ts"
import type { Granted } from "./oldest.ts"

/** What became of projects that were to be granted, by replies and, where these did not say, by readings. */
export interface AllCreated<P extends Granted, F> {
  /** The permission of each project that a reply named, or that a reading showed after a lost reply. */
  readonly granted: ReadonlyMap<string, P>
  readonly answered: ReadonlySet<string>
  readonly owning: ReadonlySet<P["project_id"]>
  readonly refused: ReadonlyMap<P["project_id"], F>
}

/**
 * Creates a permission for each project. A project that a reply named is never sent again. Where a reply was lost or
 * names only some, a reading decides what is sent again.
 */
export function* createAll<Y, P extends Granted, F extends CreateFailure>(
  calls: Calls<Y, P, F>,
  projects: ReadonlyArray<P["project_id"]>
): Program<Y, AllCreated<P, F>> {
  const granted = new Map<string, P>()
  const answered = new Set<string>()
  const owning = new Set<P["project_id"]>()
  const refused = new Map<P["project_id"], F>()
  let portions = portionsOf(projects, limits.projectsPerCreate)
  let resends = 0
  /** An earlier create of the portion may yet be carried out. */
  let mayHaveExecuted = false
  for (let [portion, ...others] = portions; portion !== undefined; [portion, ...others] = portions) {
    const reply: CreateReply<P, F> = yield* calls.create(portion)
    if ("page" in reply) for (const { project_id } of reply.page.data) answered.add(project_id)
    const verdict = onCreate(portion, reply)
    if (verdict === "failed" && "failure" in reply) {
      return yield* calls.fail(mayHaveExecuted ? { ...reply.failure, mayHaveExecuted } : reply.failure)
    }
    const listed: Reading<P>["projects"] = verdict === "unknown" ? (yield* calls.read(portion)).projects : new Map()
    const created = afterCreate<P["project_id"], P>(portion, reply, listed)
    for (const [project, permission] of created.granted) {
      if (!granted.has(project) && !answered.has(project)) yield* calls.onFound(permission)
      granted.set(project, permission)
    }
    if (created.owning !== undefined) owning.add(created.owning)
    if (created.refused !== undefined && "failure" in reply) refused.set(created.refused, reply.failure)
    mayHaveExecuted = created.mayHaveExecuted
    if (mayHaveExecuted) {
      if (resends === limits.resends) {
        const { checkpoint } = calls
        const reason = `the server said that it granted ${portion.join(", ")}, but does not list the permission`
        const unlisted = { kind: "InvalidResponseError", operation: "create", mayHaveExecuted } as const
        return yield* calls.fail("failure" in reply ? reply.failure : { ...unlisted, checkpoint, reason })
      }
      yield* calls.sleep(limits.resendDelay * 2 ** resends, { jittered: true })
      resends += 1
    } else {
      portions = [...created.toSend, ...others]
      resends = 0
    }
  }
  return { granted, answered, owning, refused }
}
