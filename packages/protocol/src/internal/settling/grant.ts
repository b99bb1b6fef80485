import type { Failure } from "../../failure.ts"
import { ensure, settleDoubles } from "./ensure.ts"
import type { Granted } from "./oldest.ts"
import type { Calls, Program } from "./program.ts"

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
 * type Permission = settling.Granted & { readonly project_id: string }
 *
 * // in an application each call is an effect; here it is a generator that yields its name
 * function* call<A>(name: string, result: A): Generator<string, A, never> {
 *   yield name
 *   return result
 * }
 * const permission = { id: "cp_1", created_at: 1_700_000_000, project_id: "proj_a" }
 * const calls: settling.Calls<string, string, Permission> = {
 *   read: () => call("read", { reading: settling.readingOf([[permission]]), readAt: 0 }),
 *   create: () => call("create", { page: { data: [] } }),
 *   delete: () => call("delete", { isDeleted: true, now: 0 }),
 *   turn: call("turn", undefined),
 *   sleep: () => call("sleep", undefined)
 * }
 * const program = settling.grant(calls, "ft:a", ["proj_a"])
 * assert.equal(program.next().value, "read")
 * const { value } = program.next()
 * assert.deepEqual(value, { granted: [], unlisted: [], alreadyGranted: ["proj_a"], owning: [] })
 * ```
 *
 * @category programs
 * @since 0.1.0
 */
export function* grant<Y, Project extends string, P extends Granted & { readonly project_id: Project }>(
  calls: Calls<Y, Project, P>,
  checkpoint: string,
  projects: ReadonlyArray<NoInfer<Project>>
): Program<Y, GrantReport<Project> | { readonly fail: Failure }> {
  const before = yield* calls.read(projects)
  const none = yield* settleDoubles(calls, checkpoint, before)
  if ("fail" in none) return none
  const had = (project: Project): boolean => before.reading.projects.has(project) && !none.includes(project)
  const missing = projects.filter((project) => !had(project))
  const ensured = yield* ensure(calls, checkpoint, missing, projects)
  if ("fail" in ensured) return ensured
  for (const fail of ensured.refused.values()) return { fail }
  if (ensured.revoked.length > 0) {
    const reason = `${ensured.revoked.join(", ")}: revoked by somebody else each time that it is granted`
    return {
      fail: { kind: "IncompleteListing", operation: "create", mayHaveExecuted: false, checkpoint, reason, received: 0 }
    }
  }
  const unlisted = ensured.unlisted.map(({ project_id }) => project_id)
  return {
    granted: missing.filter((project) => !ensured.owning.has(project) && !unlisted.includes(project)),
    unlisted,
    alreadyGranted: projects.filter(had),
    owning: [...ensured.owning]
  }
}
