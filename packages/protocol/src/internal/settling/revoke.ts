import type { Failure } from "../../failure.ts"
import type { Program } from "../program.ts"
import type { Calls } from "./calls.ts"
import type { CreateFailure } from "./create.ts"
import { type DeleteCalls, deletePermission } from "./delete.ts"
import type { Granted } from "./oldest.ts"
import { owningProject } from "./owner.ts"

/** What a revoke came to: each project is in one of the three. */
export interface RevokeReport<Project extends string> {
  readonly revoked: ReadonlyArray<Project>
  readonly absent: ReadonlyArray<Project>
  /** Owns the model: always has access and can be neither granted nor revoked. */
  readonly owning: ReadonlyArray<Project>
}

/** What a revoke is made of. */
export interface RevokeCalls<Y, P extends Granted, F extends CreateFailure = Failure>
  extends Pick<Calls<Y, P, F>, "each" | "fail" | "read">,
    DeleteCalls<Y, P, F> {}

/** Reads, and deletes every permission of the projects, duplicates too. */
export function* revoke<Y, P extends Granted, F extends CreateFailure>(
  calls: RevokeCalls<Y, P, F>,
  projects: ReadonlyArray<P["project_id"]>
): Program<Y, RevokeReport<P["project_id"]>> {
  const { permissions, projects: had } = yield* calls.read(projects)
  const owners = yield* calls.each(
    permissions.map(
      (permission) =>
        function* (): Program<Y, P["project_id"] | undefined> {
          const failure = yield* deletePermission(calls, permission)
          if (failure === undefined) return undefined
          return owningProject(failure, [permission.project_id]) ?? (yield* calls.fail(failure))
        }
    )
  )
  const owning = new Set(owners.filter((owner) => owner !== undefined))
  return {
    revoked: projects.filter((project) => had.has(project) && !owning.has(project)),
    absent: projects.filter((project) => !had.has(project)),
    owning: [...owning]
  }
}
