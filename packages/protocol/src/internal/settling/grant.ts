import { incompleteListing } from "../failure/failures.ts"
import type { Program } from "../program.ts"
import type { Calls } from "./calls.ts"
import type { CreateFailure } from "./create.ts"
import { ensure } from "./ensure.ts"
import type { Granted } from "./oldest.ts"
import { settleDoubles } from "./settleDoubles.ts"

/** What a grant came to: each project is in one of the four. */
export interface GrantReport<Project extends string> {
  /** Had no access before, and was read with a permission after. */
  readonly granted: ReadonlyArray<Project>
  /** The server answered that it granted these, but does not list them yet. */
  readonly unlisted: ReadonlyArray<Project>
  readonly alreadyGranted: ReadonlyArray<Project>
  /** Owns the model: always has access and can be neither granted nor revoked. */
  readonly owning: ReadonlyArray<Project>
}

/** Reads, grants what is missing, and reads again if anything was sent. */
export function* grant<Y, P extends Granted, F extends CreateFailure>(
  calls: Calls<Y, P, F>,
  projects: ReadonlyArray<P["project_id"]>
): Program<Y, GrantReport<P["project_id"]>> {
  const before = yield* calls.read(projects)
  const { none } = yield* settleDoubles(calls, before)
  const had = (project: P["project_id"]): boolean => before.projects.has(project) && !none.includes(project)
  const missing = projects.filter((project) => !had(project))
  const ensured = yield* ensure(calls, missing, projects)
  for (const failure of ensured.refused.values()) return yield* calls.fail(failure)
  if (ensured.revoked.length > 0) {
    const { checkpoint } = calls
    const reason = `${ensured.revoked.join(", ")}: somebody else revokes it each time it is granted`
    return yield* calls.fail(incompleteListing({ operation: "create", checkpoint, reason, received: 0 }))
  }
  const unlisted = ensured.unlisted.map(({ project_id }) => project_id)
  return {
    granted: missing.filter((project) => !ensured.owning.has(project) && !unlisted.includes(project)),
    unlisted,
    alreadyGranted: projects.filter(had),
    owning: [...ensured.owning]
  }
}
