import type { Program } from "../program.ts"
import type { Calls } from "./calls.ts"
import type { CreateFailure } from "./create.ts"
import { createAll } from "./createAll.ts"
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
  const granted = new Map<string, P>()
  const answered = new Set<string>()
  const owning = new Set<P["project_id"]>()
  const refused = new Map<P["project_id"], F>()
  let reading: Reading<P> | undefined
  let several: ReadonlyArray<P["project_id"]> = []
  let unlisted: ReadonlyArray<P> = []
  let missing = projects
  for (let round = 0; round < limits.rounds && missing.length > 0; round++) {
    const asked = missing
    const created = yield* createAll(calls, asked)
    for (const [project, permission] of created.granted) granted.set(project, permission)
    for (const [project, failure] of created.refused) refused.set(project, failure)
    for (const project of created.answered) answered.add(project)
    for (const project of created.owning) owning.add(project)
    // nothing can have been created
    if (created.granted.size === 0) break
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
