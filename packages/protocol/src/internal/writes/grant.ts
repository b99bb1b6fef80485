import { incompleteListing } from "../failure/failures.ts"
import type { Program } from "../program.ts"
import { type Calls, type CreateFailure, limits } from "./calls.ts"
import { createAll } from "./create.ts"
import { resolveDuplicates } from "./duplicates.ts"
import type { CheckpointSnapshot, PermissionFields } from "./snapshot.ts"

/** The result of a grant for its projects, and the snapshot that shows it. */
export interface EnsureReport<P extends PermissionFields, F> {
  readonly ownerProjects: ReadonlySet<P["project_id"]>
  readonly refused: ReadonlyMap<P["project_id"], F>
  readonly snapshot: CheckpointSnapshot<P> | undefined
  /** Projects whose permission another client deleted in each round. */
  readonly revoked: ReadonlyArray<P["project_id"]>
  /** Permissions that a reply named and that no listing shows yet. */
  readonly notListedYet: ReadonlyArray<P>
}

/** Reads the checkpoint until `isListed` returns true, or for half a minute. */
function* readBack<Y, P extends PermissionFields, F extends CreateFailure>(
  calls: Calls<Y, P, F>,
  scope: ReadonlyArray<P["project_id"]> | undefined,
  isListed: (snapshot: CheckpointSnapshot<P>) => boolean
): Program<Y, CheckpointSnapshot<P>> {
  let last = yield* calls.read(scope)
  for (const millis of limits.lagDelays) {
    if (isListed(last)) return last
    yield* calls.sleep(millis, { jittered: false })
    last = yield* calls.read(scope)
  }
  return last
}

/**
 * Creates a permission for each project, reads the checkpoint, and leaves one permission of each project. `scope` has
 * the projects to read. If it is `undefined`, the whole checkpoint is read.
 *
 * A project that loses its only permission to another client is granted again, in at most `limits.rounds` rounds.
 * `missing` holds the projects of the next round. `granted` and `answered` grow over all rounds. So a project whose
 * permission was in a reply is not sent again because of a delayed listing.
 */
export function* ensure<Y, P extends PermissionFields, F extends CreateFailure>(
  calls: Calls<Y, P, F>,
  projects: ReadonlyArray<P["project_id"]>,
  scope: ReadonlyArray<P["project_id"]> | undefined
): Program<Y, EnsureReport<P, F>> {
  const granted = new Map<string, P>()
  const answered = new Set<string>()
  const ownerProjects = new Set<P["project_id"]>()
  const refused = new Map<P["project_id"], F>()
  let snapshot: CheckpointSnapshot<P> | undefined
  let notListedYet: ReadonlyArray<P> = []
  let missing = projects
  for (let round = 0; round < limits.rounds && missing.length > 0; round++) {
    const requested = missing
    const created = yield* createAll(calls, requested)
    for (const [project, permission] of created.granted) granted.set(project, permission)
    for (const [project, failure] of created.refused) refused.set(project, failure)
    for (const project of created.answered) answered.add(project)
    for (const project of created.owners) ownerProjects.add(project)
    // nothing can have been created
    if (created.granted.size === 0) break
    snapshot = yield* readBack(calls, scope, ({ projects }) =>
      requested.every((project) => !answered.has(project) || projects.has(project))
    )
    const listed = snapshot.projects
    const absent = yield* resolveDuplicates(calls, snapshot)
    notListedYet = [...granted.values()].filter(({ project_id }) => answered.has(project_id) && !listed.has(project_id))
    const isDone = (project: P["project_id"]): boolean =>
      listed.has(project) || answered.has(project) || ownerProjects.has(project) || refused.has(project)
    missing = [...new Set([...absent, ...projects.filter((project) => !isDone(project))])]
  }
  return { ownerProjects, refused, snapshot, revoked: snapshot === undefined ? [] : missing, notListedYet }
}

/** The result of a grant. Each project is in exactly one of the four lists. */
export interface GrantReport<Project extends string> {
  /** Projects that had no access before, and had a permission in a later read. */
  readonly granted: ReadonlyArray<Project>
  /** Projects whose create succeeded, but which the server does not list yet. */
  readonly notListedYet: ReadonlyArray<Project>
  readonly alreadyGranted: ReadonlyArray<Project>
  /** The project that owns the model. It always has access and can be neither granted nor revoked. */
  readonly ownerProjects: ReadonlyArray<Project>
}

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
    return yield* calls.fail(incompleteListing({ operation: "create", checkpoint, reason, received: 0 }))
  }
  const notListedYet = ensured.notListedYet.map(({ project_id }) => project_id)
  return {
    granted: missing.filter((project) => !ensured.ownerProjects.has(project) && !notListedYet.includes(project)),
    notListedYet,
    alreadyGranted: projects.filter(had),
    ownerProjects: [...ensured.ownerProjects]
  }
}
