import type { Program } from "../program.ts"
import type { Calls } from "./calls.ts"
import type { CreateFailure } from "./create.ts"
import { ensure } from "./ensure.ts"
import type { Granted } from "./oldest.ts"
import { settleDoubles } from "./settleDoubles.ts"

/**
 * What a grant came to: each project is in one of the four.
 *
 * @category models
 * @since 0.1.0
 * @see {@link grant}
 */
export interface GrantReport<Project extends string> {
  /** Had no access before, and was read with a permission after. */
  readonly granted: ReadonlyArray<Project>
  /** The server answered that it granted these, but does not list them yet. */
  readonly unlisted: ReadonlyArray<Project>
  /** Had access already. */
  readonly alreadyGranted: ReadonlyArray<Project>
  /** Owns the model: always has access and can be neither granted nor revoked. */
  readonly owning: ReadonlyArray<Project>
}

/**
 * Reads, grants what is missing, and reads again if anything was sent.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { settling } from "@checkpoint-permissions/protocol"
 *
 * // in an application each call is an effect; here it is a generator that yields its name
 * function* call<A>(name: string, result: A): Generator<string, A, never> {
 *   yield name
 *   return result
 * }
 * const permission = { id: "cp_1", created_at: 1_700_000_000, project_id: "proj_a" }
 * const calls: settling.Calls<string, settling.Granted> = {
 *   checkpoint: "ft:a",
 *   read: () => call("read", settling.readingOf([[permission]], 0)),
 *   create: () => call("create", { page: { data: [] } }),
 *   onFound: () => call("found", undefined),
 *   delete: () => call("delete", undefined),
 *   deleted: new Set(),
 *   mayDelete: () => true,
 *   turn: call("turn", undefined),
 *   sleep: () => call("sleep", undefined),
 *   now: call("now", 0),
 *   each: () => call("each", []),
 *   fail: ({ kind }) => {
 *     throw new Error(kind)
 *   }
 * }
 * const program = settling.grant(calls, ["proj_a"])
 * assert.equal(program.next().value, "read")
 * assert.equal(program.next().value, "each")
 * const { value } = program.next()
 * assert.deepEqual(value, { granted: [], unlisted: [], alreadyGranted: ["proj_a"], owning: [] })
 * ```
 *
 * @category programs
 * @since 0.1.0
 */
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
    const reason = `${ensured.revoked.join(", ")}: revoked by somebody else each time that it is granted`
    const failure = { kind: "IncompleteListingError", operation: "create", mayHaveExecuted: false } as const
    return yield* calls.fail({ ...failure, checkpoint, reason, received: 0 })
  }
  const unlisted = ensured.unlisted.map(({ project_id }) => project_id)
  return {
    granted: missing.filter((project) => !ensured.owning.has(project) && !unlisted.includes(project)),
    unlisted,
    alreadyGranted: projects.filter(had),
    owning: [...ensured.owning]
  }
}
