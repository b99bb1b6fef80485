import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as settling from "@checkpoint-permissions/protocol/settling"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Found } from "../plan/model.ts"

/** The permissions of a checkpoint, or of some of its projects, as one listing showed them. */
export type Reading = settling.Reading<Found>

/**
 * One whole listing. One project is asked for by name; several are picked from the whole listing, which is one request
 * for a hundred permissions.
 *
 * The newest come first: a permission that is then seen as the oldest of its project was there when the younger ones
 * were seen.
 */
export const read = Effect.fnUntraced(function* (
  service: Service,
  checkpoint: string,
  projects?: ReadonlyArray<ProjectId>
): Effect.fn.Return<Reading, PermissionsError> {
  const wanted = projects === undefined ? undefined : new Set<string>(projects)
  const filter = projects?.length === 1 ? { project_id: projects[0] } : {}
  const pages = yield* service.pages(checkpoint, { order: "descending", ...filter }).pipe(
    Stream.map(({ data }) =>
      data
        .filter(({ project_id }) => wanted === undefined || wanted.has(project_id))
        .map(({ created_at, id, project_id }): Found => ({ id, project_id, created_at }))
    ),
    Stream.runCollect,
    Effect.retry({ times: settling.limits.restarts, while: (error) => error._tag === "IncompleteListingError" })
  )
  return settling.readingOf(pages, yield* Clock.currentTimeMillis)
})
