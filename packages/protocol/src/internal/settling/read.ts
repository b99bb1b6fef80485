import type { Failure } from "../../failure.ts"
import type { ListParams } from "../../wire.ts"
import type { Call, Program } from "../program.ts"
import { type Reading, readingOf } from "./duplicates.ts"
import { limits } from "./limits.ts"
import type { Granted } from "./oldest.ts"

/** What a reading is made of. `F` is what a listing fails with. */
export interface ReadCalls<Y, P extends Granted, F extends Pick<Failure, "kind"> = Failure> {
  /** One whole listing, page by page; of each page those permissions whose project counts. */
  readonly list: (
    params: ListParams,
    counts: (project: string) => boolean
  ) => Call<Y, { readonly pages: Iterable<ReadonlyArray<P>> } | { readonly failure: F }>
  readonly now: Call<Y, number>
  readonly fail: (failure: F) => Call<Y, never>
}

/**
 * Reads the permissions of some projects, or all of them. One project is asked for by name; several are picked from the
 * whole listing, which is one request for a hundred permissions. A listing that cannot be trusted is begun anew, a few
 * times.
 *
 * The newest come first: a permission that is then seen as the oldest of its project was there when the younger ones
 * were seen.
 */
export function* read<Y, P extends Granted, F extends Pick<Failure, "kind">>(
  calls: ReadCalls<Y, P, F>,
  projects?: ReadonlyArray<string>
): Program<Y, Reading<P>> {
  const wanted = projects && new Set(projects)
  const filter = projects?.length === 1 ? { project_id: projects[0] } : {}
  for (let restarts = 0; ; restarts++) {
    const readFrom = yield* calls.now
    const listed = yield* calls.list({ order: "descending", ...filter }, (project) => wanted?.has(project) ?? true)
    if ("pages" in listed) return readingOf(listed.pages, { readFrom, readAt: yield* calls.now })
    const { failure } = listed
    if (failure.kind !== "IncompleteListingError" || restarts === limits.restarts) return yield* calls.fail(failure)
  }
}
