import type { Failure } from "../../failure.ts"
import { type AllCreated, createAll } from "./createAll.ts"
import { limits } from "./limits.ts"
import type { Granted } from "./oldest.ts"
import type { Calls, Deletion, Program, Read } from "./program.ts"
import { nextOfDoubled } from "./settleDoubles.ts"

/** What became of projects that were to be granted. */
export interface Ensured<Project extends string, P extends Granted> {
  readonly owning: ReadonlySet<Project>
  readonly refused: ReadonlyMap<Project, Failure>
  /** Projects that somebody else revoked in each round. */
  readonly revoked: ReadonlyArray<Project>
  /** Named by a reply, and in no listing since. */
  readonly unlisted: ReadonlyArray<P>
}

/**
 * Leaves one permission of each project that a reading shows with several. Returns the projects that have none left,
 * since somebody else deleted the one that was to stay.
 */
export function* settleDoubles<Y, Project extends string, P extends Granted & { readonly project_id: Project }>(
  calls: Calls<Y, Project, P>,
  checkpoint: string,
  { readAt, reading }: Read<P>
): Program<Y, ReadonlyArray<Project> | { readonly fail: Failure }> {
  const none: Array<Project> = []
  let now = readAt
  for (const [first, ...younger] of reading.projects.values()) {
    if (younger.length === 0) continue
    const project = first.project_id
    const deleted = new Set<string>()
    let last: Read<P> = { reading, readAt }
    let before: Read<P>["reading"] | undefined
    let isReadSinceDelete = true
    let isLate = false
    let readings = 0
    for (;;) {
      const age = now - last.readAt
      const seen = { project, reading: last.reading, before, age, deleted, isReadSinceDelete }
      const next = nextOfDoubled<P>({ ...seen, mayDelete: () => true })
      if (typeof next === "object") {
        const within = limits.doubleMaxAge - age
        const sent: Deletion = yield* calls.delete(next.delete, { within, atOnce: isLate })
        now = sent.now
        isLate = !sent.isDeleted
        if (!isLate) deleted.add(next.delete.id)
        isReadSinceDelete = false
      } else if (next === "read" && readings < limits.doubleReadings) {
        if (isLate) yield* calls.turn
        before = last.reading
        last = yield* calls.read([project])
        now = last.readAt
        readings += 1
        isReadSinceDelete = true
      } else if (next === "read") {
        const reason = isLate
          ? `a minute after each reading of ${project} its duplicate was not deleted yet`
          : `the permissions of ${project} change at each reading`
        const received = last.reading.pages.size
        return {
          fail: { kind: "IncompleteListing", operation: "list", mayHaveExecuted: false, checkpoint, reason, received }
        }
      } else {
        if (next === "none") none.push(project)
        break
      }
    }
  }
  return none
}

/** Reads until all that were answered are listed, or for half a minute. */
function* readBack<Y, Project extends string, P extends Granted>(
  calls: Calls<Y, Project, P>,
  scope: ReadonlyArray<Project> | undefined,
  isListed: (read: Read<P>) => boolean
): Program<Y, Read<P>> {
  let last = yield* calls.read(scope)
  for (const millis of limits.lagDelays) {
    if (isListed(last)) return last
    yield* calls.sleep(millis, { jittered: false })
    last = yield* calls.read(scope)
  }
  return last
}

/**
 * Creates a permission for each project, reads back those of `scope`, and leaves
 * one permission of each. A project that is left without any, since somebody
 * else deleted the permission that was to stay, is granted again, a few times.
 */
export function* ensure<Y, Project extends string, P extends Granted & { readonly project_id: Project }>(
  calls: Calls<Y, Project, P>,
  checkpoint: string,
  projects: ReadonlyArray<Project>,
  scope: ReadonlyArray<Project>
): Program<Y, Ensured<Project, P> | { readonly fail: Failure }> {
  const all: AllCreated<Project, P> = {
    granted: new Map(),
    answered: new Set(),
    owning: new Set(),
    refused: new Map()
  }
  let unlisted: ReadonlyArray<P> = []
  let missing = projects
  for (let round = 0; round < limits.rounds && missing.length > 0; round++) {
    const asked = missing
    const created = { ...all, granted: new Map<string, P>(), answered: new Set<string>() }
    const failure = yield* createAll(calls, created, checkpoint, asked)
    if (failure !== undefined) return { fail: failure }
    for (const [project, permission] of created.granted) all.granted.set(project, permission)
    for (const project of created.answered) all.answered.add(project)
    // nothing can have been created
    if (created.granted.size === 0) return { ...all, unlisted, revoked: round === 0 ? [] : missing }
    const latest = yield* readBack(calls, scope, (last) =>
      asked.every((project) => !all.answered.has(project) || last.reading.projects.has(project))
    )
    const listed = latest.reading.projects
    const none = yield* settleDoubles(calls, checkpoint, latest)
    if ("fail" in none) return none
    unlisted = [...all.granted.values()].filter(
      ({ project_id }) => all.answered.has(project_id) && !listed.has(project_id)
    )
    const isDone = (project: Project): boolean =>
      listed.has(project) || all.answered.has(project) || all.owning.has(project) || all.refused.has(project)
    missing = [...new Set([...none, ...projects.filter((project) => !isDone(project))])]
  }
  return { ...all, unlisted, revoked: missing }
}
