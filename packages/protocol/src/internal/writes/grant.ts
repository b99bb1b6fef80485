import { incompleteListing } from "../failure/failures.ts"
import type { Program } from "../program.ts"
import { type Calls, type CreateFailure, limits } from "./calls.ts"
import { createAll, readBack } from "./create.ts"
import { resolveDuplicates } from "./duplicates.ts"
import { type CheckpointSnapshot, type PermissionFields, snapshotOf } from "./snapshot.ts"

/** Returns calls whose failures say that an earlier create may have been executed. */
const afterCreate = <Y, P extends PermissionFields, F extends CreateFailure>(
  calls: Calls<Y, P, F>
): Calls<Y, P, F> => ({
  ...calls,
  read: (projects, _, last) => calls.read(projects, true, last),
  fail: (failure) => calls.fail({ ...failure, mayHaveExecuted: true })
})

/** The result of a grant for its projects, and the snapshot that shows it. */
export interface EnsureReport<P extends PermissionFields, F> {
  readonly ownerProjects: ReadonlySet<P["project_id"]>
  readonly refused: ReadonlyMap<P["project_id"], F>
  readonly snapshot: CheckpointSnapshot<P> | undefined
  /** Projects whose permission another client deleted in each round. */
  readonly revoked: ReadonlyArray<P["project_id"]>
  /** Permissions that a reply named, of projects of which no listing shows a permission yet. */
  readonly notListedYet: ReadonlyArray<P>
  /** Projects of which the server may have executed two creates, while the listing shows at most one permission. */
  readonly mayBeDuplicated: ReadonlySet<P["project_id"]>
}

/**
 * Creates a permission for each project, reads the checkpoint, and leaves one permission of each project. `scope` has
 * the projects to read. If it is `undefined`, the whole checkpoint is read.
 *
 * A project that loses its only permission to another client is granted again, in at most `limits.rounds` rounds.
 * `missing` holds the projects of the next round. `answered` grows over all rounds. So a project whose permission was in
 * a reply is not sent again because of a delayed listing.
 *
 * The checkpoint is read until it shows the permission that each reply named. A create that was answered does not fail
 * because a deadline or the rate limit ends this read. A listing that shows the permission also shows what earlier
 * creates made. If no reply names a project of several creates, a second permission is awaited for half a minute.
 */
export function* ensure<Y, P extends PermissionFields, F extends CreateFailure>(
  first: Calls<Y, P, F>,
  projects: ReadonlyArray<P["project_id"]>,
  scope: ReadonlyArray<P["project_id"]> | undefined
): Program<Y, EnsureReport<P, F>> {
  const answered = new Map<string, P>()
  const ownerProjects = new Set<P["project_id"]>()
  const refused = new Map<P["project_id"], F>()
  let snapshot: CheckpointSnapshot<P> | undefined
  let notListedYet: ReadonlyArray<P> = []
  const mayBeDuplicated = new Set<P["project_id"]>()
  let missing = projects
  let calls = first
  for (let round = 0; round < limits.rounds && missing.length > 0; round++) {
    const requested = missing
    const created = yield* createAll(calls, requested)
    for (const [project, failure] of created.refused) refused.set(project, failure)
    for (const [project, permission] of created.answered) answered.set(project, permission)
    for (const project of created.owners) ownerProjects.add(project)
    // nothing can have been created
    if (created.granted.size === 0) break
    calls = afterCreate(first)
    const sent = (project: P["project_id"]): number => created.unconfirmed.get(project) ?? 0
    const isListed = ({ pages, projects }: CheckpointSnapshot<P>, project: P["project_id"]): boolean => {
      const named = created.answered.get(project)
      if (named !== undefined) return pages.has(named.id)
      return sent(project) < 2 || !created.granted.has(project) || (projects.get(project)?.length ?? 0) >= sent(project)
    }
    const areListed = (read: CheckpointSnapshot<P>) => requested.every((project) => isListed(read, project))
    const earlier = [...(snapshot?.projects.values() ?? [])].map(([oldest]) => oldest)
    const unchanged = earlier.filter(({ project_id }) => !created.granted.has(project_id))
    const found = [...created.granted.values()].filter(({ project_id }) => !answered.has(project_id))
    const known = snapshotOf([[...unchanged, ...found]], { readFrom: 0, readAt: 0 })
    const last = yield* readBack(calls, scope, areListed, true, known)
    // the first read was ended
    snapshot = last.snapshot === known ? undefined : last.snapshot
    const listed = last.snapshot.projects
    for (const project of requested) {
      if (isListed(last.snapshot, project)) mayBeDuplicated.delete(project)
      else if (answered.has(project) ? sent(project) > 0 : last.isCut) mayBeDuplicated.add(project)
    }
    const absent = yield* resolveDuplicates(calls, last.snapshot)
    notListedYet = [...answered.values()].filter(({ project_id }) => !listed.has(project_id))
    const isDone = (project: P["project_id"]): boolean =>
      listed.has(project) || answered.has(project) || ownerProjects.has(project) || refused.has(project)
    missing = [...new Set([...absent, ...projects.filter((project) => !isDone(project))])]
  }
  const revoked = snapshot === undefined ? [] : missing
  return { ownerProjects, refused, snapshot, revoked, notListedYet, mayBeDuplicated }
}

/** The result of a grant. Each project is in exactly one of the first four lists. */
export interface GrantReport<Project extends string> {
  /** Projects that had no access before, and had a permission in a later read. */
  readonly granted: ReadonlyArray<Project>
  /** Projects whose create succeeded, but which no listing shows: it lags, or a deadline or the rate limit ended it. */
  readonly notListedYet: ReadonlyArray<Project>
  readonly alreadyGranted: ReadonlyArray<Project>
  /** The project that owns the model. It always has access and can be neither granted nor revoked. */
  readonly ownerProjects: ReadonlyArray<Project>
  /**
   * Projects that may have a second permission. Their create was sent twice, and the listing showed no proof of the
   * result before a deadline, or for half a minute. The next grant or apply deletes it.
   */
  readonly mayBeDuplicated: ReadonlyArray<Project>
}

/** The lists of a grant and of a revoke in which a project is at most once. */
const results = ["granted", "notListedYet", "alreadyGranted", "ownerProjects", "revoked", "absent"] as const

type Result = (typeof results)[number]

/**
 * Returns the name of the list of a grant or a revoke that has the project: its result. Returns `undefined` for another
 * project.
 */
export const resultFor = <Report extends { readonly [R in Result]?: ReadonlyArray<string> }>(
  report: Report,
  project: string
): Extract<keyof Report, Result> | undefined =>
  results.find((name): name is Extract<keyof Report, Result> => report[name]?.includes(project) === true)

/** Reads the checkpoint, grants missing projects, and reads again if anything was sent. */
export function* grant<Y, P extends PermissionFields, F extends CreateFailure>(
  calls: Calls<Y, P, F>,
  projects: ReadonlyArray<P["project_id"]>
): Program<Y, GrantReport<P["project_id"]>> {
  const before = yield* calls.read(projects)
  const absent = yield* resolveDuplicates(calls, before)
  const had = (project: P["project_id"]): boolean => before.projects.has(project) && !absent.includes(project)
  const missing = projects.filter((project) => !had(project))
  const ensured = yield* ensure(calls, missing, projects)
  for (const failure of ensured.refused.values()) return yield* calls.fail(failure)
  if (ensured.revoked.length > 0) {
    const { checkpoint } = calls
    const reason = `${ensured.revoked.join(", ")}: another client revokes it after each grant`
    const incomplete = incompleteListing({ operation: "create", checkpoint, reason, received: 0 })
    return yield* calls.fail({ ...incomplete, mayHaveExecuted: true })
  }
  const notListedYet = ensured.notListedYet.map(({ project_id }) => project_id)
  return {
    granted: missing.filter((project) => !ensured.ownerProjects.has(project) && !notListedYet.includes(project)),
    notListedYet,
    alreadyGranted: projects.filter(had),
    ownerProjects: [...ensured.ownerProjects],
    mayBeDuplicated: [...ensured.mayBeDuplicated]
  }
}
