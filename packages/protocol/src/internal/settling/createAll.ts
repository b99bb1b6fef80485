import type { Failure } from "../../failure.ts"
import type { Program } from "../program.ts"
import type { Calls } from "./calls.ts"
import { afterCreate, type CreateFailure, onCreate } from "./create.ts"
import { limits } from "./limits.ts"
import type { Granted } from "./oldest.ts"

/** What became of projects that were to be granted, by replies and, where these did not say, by readings. */
export interface AllCreated<P extends Granted, F> {
  /** The permission of each project that a reply named, or that a reading showed after a lost reply. */
  readonly granted: Map<string, P>
  readonly answered: Set<string>
  readonly owning: Set<P["project_id"]>
  readonly refused: Map<P["project_id"], F>
}

type Portion<P extends Granted> = ReadonlyArray<P["project_id"]>
type Sent<P extends Granted, F> =
  | { readonly toSend: ReadonlyArray<Portion<P>> }
  /** It may have been executed, but a reading does not show it. */
  | { readonly unsettled: F | Failure }

/** Sends one create, and reads where its reply does not say what came of it. */
function* send<Y, P extends Granted, F extends CreateFailure>(
  calls: Calls<Y, P, F>,
  all: AllCreated<P, F>,
  portion: Portion<P>
): Program<Y, Sent<P, F>> {
  const reply = yield* calls.create(portion)
  const failure = "failure" in reply ? reply.failure : undefined
  if ("page" in reply) for (const { project_id } of reply.page.data) all.answered.add(project_id)
  const verdict = onCreate(portion, reply)
  if (verdict === "failed" && failure !== undefined) return yield* calls.fail(failure)
  const reading = new Map<string, P>()
  if (verdict === "unknown") {
    const { projects } = yield* calls.read(portion)
    for (const project of portion) {
      const [oldest] = projects.get(project) ?? []
      if (oldest !== undefined) reading.set(project, oldest)
    }
  }
  const created = afterCreate<P["project_id"], P>(portion, reply, reading)
  for (const [project, permission] of created.granted) {
    if (!all.granted.has(project) && !all.answered.has(project)) yield* calls.onFound(permission)
    all.granted.set(project, permission)
  }
  if (created.owning !== undefined) all.owning.add(created.owning)
  if (created.refused !== undefined && failure !== undefined) all.refused.set(created.refused, failure)
  if (!created.mayHaveExecuted) return created
  const { checkpoint } = calls
  const reason = `the server said that it granted ${portion.join(", ")}, but does not list the permission`
  return {
    unsettled: failure ?? {
      kind: "InvalidResponseError",
      operation: "create",
      mayHaveExecuted: false,
      checkpoint,
      reason
    }
  }
}

/**
 * Creates a permission for each project. A project that a reply named is never sent again. Where a reply was lost or
 * names only some, a reading decides what is sent again.
 */
export function* createAll<Y, P extends Granted, F extends CreateFailure>(
  calls: Calls<Y, P, F>,
  all: AllCreated<P, F>,
  projects: ReadonlyArray<P["project_id"]>
): Program<Y, void> {
  let portions: ReadonlyArray<Portion<P>> = Array.from(
    { length: Math.ceil(projects.length / limits.projectsPerCreate) },
    (_, index) => projects.slice(index * limits.projectsPerCreate, (index + 1) * limits.projectsPerCreate)
  )
  let resends = 0
  for (let [portion, ...others] = portions; portion !== undefined; [portion, ...others] = portions) {
    const sent: Sent<P, F> = yield* send(calls, all, portion)
    if ("toSend" in sent) {
      portions = [...sent.toSend, ...others]
      resends = 0
    } else {
      if (resends === limits.resends) return yield* calls.fail(sent.unsettled)
      yield* calls.sleep(limits.resendDelay * 2 ** resends, { jittered: true })
      resends += 1
    }
  }
}
