import type { Failure } from "../../failure.ts"
import { afterCreate, onCreate } from "./create.ts"
import { limits } from "./limits.ts"
import type { Granted } from "./oldest.ts"
import type { Calls, Program } from "./program.ts"

/** What became of projects that were to be granted, by replies and, where these did not say, by readings. */
export interface AllCreated<Project extends string, P extends Granted> {
  /** The permission of each project that a reply named, or that a reading showed after a lost reply. */
  readonly granted: Map<string, P>
  /** The projects that a reply named. */
  readonly answered: Set<string>
  readonly owning: Set<Project>
  readonly refused: Map<Project, Failure>
}

type Portion<Project> = ReadonlyArray<Project>
type Sent<Project> =
  | { readonly toSend: ReadonlyArray<Portion<Project>> }
  | { readonly fail: Failure }
  /** It may have been executed, but a reading does not show it. */
  | { readonly unsettled: Failure }

/** Sends one create, and reads where its reply does not say what came of it. */
function* send<Y, Project extends string, P extends Granted>(
  calls: Calls<Y, Project, P>,
  all: AllCreated<Project, P>,
  checkpoint: string,
  portion: Portion<Project>
): Program<Y, Sent<Project>> {
  const reply = yield* calls.create(portion)
  const failure = "failure" in reply ? reply.failure : undefined
  if ("page" in reply) for (const { project_id } of reply.page.data) all.answered.add(project_id)
  const verdict = onCreate(portion, reply)
  if (verdict === "failed" && failure !== undefined) return { fail: failure }
  const reading = new Map<string, P>()
  if (verdict === "unknown") {
    const { reading: after } = yield* calls.read(portion)
    for (const [project, [oldest]] of after.projects) reading.set(project, oldest)
  }
  const created = afterCreate(portion, reply, reading)
  for (const [project, permission] of created.granted) all.granted.set(project, permission)
  if (created.owning !== undefined) all.owning.add(created.owning)
  if (created.refused !== undefined && failure !== undefined) all.refused.set(created.refused, failure)
  if (!created.mayHaveExecuted) return created
  const reason = `the server answers that it granted ${portion.join(", ")}, but lists no such permission`
  return {
    unsettled: failure ?? { kind: "InvalidResponse", operation: "create", mayHaveExecuted: false, checkpoint, reason }
  }
}

/**
 * Creates a permission for each project. A project that a reply named is never
 * sent again. Where a reply was lost or names only some, a reading decides what
 * is sent again.
 */
export function* createAll<Y, Project extends string, P extends Granted>(
  calls: Calls<Y, Project, P>,
  all: AllCreated<Project, P>,
  checkpoint: string,
  projects: ReadonlyArray<Project>
): Program<Y, Failure | undefined> {
  let portions: ReadonlyArray<Portion<Project>> = Array.from(
    { length: Math.ceil(projects.length / limits.projectsPerCreate) },
    (_, index) => projects.slice(index * limits.projectsPerCreate, (index + 1) * limits.projectsPerCreate)
  )
  let resends = 0
  for (let [portion, ...others] = portions; portion !== undefined; [portion, ...others] = portions) {
    const sent: Sent<Project> = yield* send(calls, all, checkpoint, portion)
    if ("fail" in sent) return sent.fail
    if ("toSend" in sent) {
      portions = [...sent.toSend, ...others]
      resends = 0
    } else {
      if (resends === limits.resends) return sent.unsettled
      yield* calls.sleep(limits.resendDelay * 2 ** resends, { jittered: true })
      resends += 1
    }
  }
  return undefined
}
