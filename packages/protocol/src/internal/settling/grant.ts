import type { Failure } from "../../failure.ts"
import { ensure, settleDoubles } from "./ensure.ts"
import type { Granted } from "./oldest.ts"
import { type Program, read } from "./program.ts"

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
 * const program = settling.grant("ft:a", ["proj_a"])
 * assert.deepEqual(program.next().value, { ask: "read", projects: ["proj_a"] })
 * // nobody has access yet
 * const { value } = program.next({ now: 0, reading: settling.readingOf([]) })
 * assert.deepEqual(value, { ask: "create", projects: ["proj_a"] })
 * ```
 *
 * @category programs
 * @since 0.1.0
 */
export function* grant<Project extends string, P extends Granted & { readonly project_id: Project }>(
  checkpoint: string,
  projects: ReadonlyArray<Project>
): Program<GrantReport<Project> | { readonly fail: Failure }, Project, P> {
  const before = yield* read<Project, P>(projects)
  const doubles = yield* settleDoubles<Project, P>(checkpoint, before)
  if ("fail" in doubles) return doubles
  const had = (project: Project): boolean => before.reading.projects.has(project) && !doubles.none.includes(project)
  const missing = projects.filter((project) => !had(project))
  const ensured = yield* ensure<Project, P>({ checkpoint, projects: missing, scope: projects })
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
