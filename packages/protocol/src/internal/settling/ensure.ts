import type { Program } from "../program.ts"
import type { Calls } from "./calls.ts"
import { afterCreate, type CreateFailure, type CreateReply, onCreate } from "./create.ts"
import type { Reading } from "./duplicates.ts"
import { limits } from "./limits.ts"
import type { Granted } from "./oldest.ts"
import { settleDoubles } from "./settleDoubles.ts"

/** What became of projects that were to be granted, and the reading that says so. */
export interface Ensured<P extends Granted, F> {
  readonly owning: ReadonlySet<P["project_id"]>
  readonly refused: ReadonlyMap<P["project_id"], F>
  readonly reading: Reading<P> | undefined
  /** Projects that somebody else revoked in each round. */
  readonly revoked: ReadonlyArray<P["project_id"]>
  /** Projects that have several permissions, which may not be deleted. */
  readonly several: ReadonlyArray<P["project_id"]>
  /** Named by a reply, and in no listing since. */
  readonly unlisted: ReadonlyArray<P>
}

/** Reads until all that were answered are listed, or for half a minute. */
function* readBack<Y, P extends Granted, F extends CreateFailure>(
  calls: Calls<Y, P, F>,
  scope: ReadonlyArray<P["project_id"]> | undefined,
  isListed: (reading: Reading<P>) => boolean
): Program<Y, Reading<P>> {
  let last = yield* calls.read(scope)
  for (const millis of limits.lagDelays) {
    if (isListed(last)) return last
    yield* calls.sleep(millis, { jittered: false })
    last = yield* calls.read(scope)
  }
  return last
}

/**
 * Creates a permission for each project, reads back, and leaves one permission of each. `scope` is what is read back:
 * some projects, or the whole checkpoint. A project of the scope that is left without any, since somebody else deleted
 * the permission that was to stay, is granted again, a few times.
 */
export function* ensure<Y, P extends Granted, F extends CreateFailure>(
  calls: Calls<Y, P, F>,
  projects: ReadonlyArray<P["project_id"]>,
  scope: ReadonlyArray<P["project_id"]> | undefined
): Program<Y, Ensured<P, F>> {
  /** The permission of each project that a reply named, or that a reading showed after a lost reply. */
  const granted = new Map<string, P>()
  const answered = new Set<string>()
  const owning = new Set<P["project_id"]>()
  const refused = new Map<P["project_id"], F>()

  /**
   * Creates a permission for each project. A project that a reply named is not sent again. Where a reply was lost or
   * names only some, a reading decides what is sent again. Returns whether anything can have been created.
   */
  function* createAll(asked: ReadonlyArray<P["project_id"]>): Program<Y, boolean> {
    /** Projects that a reply named, or that were told as found. */
    const known = new Set<string>()
    const size = limits.projectsPerCreate
    let portions: ReadonlyArray<ReadonlyArray<P["project_id"]>> = Array.from(
      { length: Math.ceil(asked.length / size) },
      (_, index) => asked.slice(index * size, (index + 1) * size)
    )
    let resends = 0
    for (let [portion, ...others] = portions; portion !== undefined; [portion, ...others] = portions) {
      const reply: CreateReply<P, F> = yield* calls.create(portion)
      for (const { project_id } of "page" in reply ? reply.page.data : []) {
        known.add(project_id)
        answered.add(project_id)
      }
      const verdict = onCreate(portion, reply)
      if (verdict === "failed" && "failure" in reply) return yield* calls.fail(reply.failure)
      const listed: Reading<P>["projects"] = verdict === "unknown" ? (yield* calls.read(portion)).projects : new Map()
      const created = afterCreate<P["project_id"], P>(portion, reply, listed)
      for (const [project, permission] of created.granted) {
        if (!known.has(project)) yield* calls.onFound(permission)
        known.add(project)
        granted.set(project, permission)
      }
      if (created.owning !== undefined) owning.add(created.owning)
      if (created.refused !== undefined && "failure" in reply) refused.set(created.refused, reply.failure)
      if (created.mayHaveExecuted) {
        if (resends === limits.resends) {
          const { checkpoint } = calls
          const reason = `the server said that it granted ${portion.join(", ")}, but does not list the permission`
          const unlisted = { kind: "InvalidResponseError", operation: "create", mayHaveExecuted: false } as const
          return yield* calls.fail("failure" in reply ? reply.failure : { ...unlisted, checkpoint, reason })
        }
        yield* calls.sleep(limits.resendDelay * 2 ** resends, { jittered: true })
        resends += 1
      } else {
        portions = [...created.toSend, ...others]
        resends = 0
      }
    }
    return known.size > 0
  }

  let reading: Reading<P> | undefined
  let several: ReadonlyArray<P["project_id"]> = []
  let unlisted: ReadonlyArray<P> = []
  let missing = projects
  for (let round = 0; round < limits.rounds && missing.length > 0; round++) {
    const asked = missing
    if (!(yield* createAll(asked))) break
    reading = yield* readBack(calls, scope, ({ projects }) =>
      asked.every((project) => !answered.has(project) || projects.has(project))
    )
    const listed = reading.projects
    const doubles = yield* settleDoubles(calls, reading)
    several = doubles.several
    unlisted = [...granted.values()].filter(({ project_id }) => answered.has(project_id) && !listed.has(project_id))
    const isDone = (project: P["project_id"]): boolean =>
      listed.has(project) || answered.has(project) || owning.has(project) || refused.has(project)
    missing = [...new Set([...doubles.none, ...projects.filter((project) => !isDone(project))])]
  }
  return { owning, refused, reading, revoked: reading === undefined ? [] : missing, several, unlisted }
}
