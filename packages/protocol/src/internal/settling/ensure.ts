import type { Failure } from "../../failure.ts"
import { type AllCreated, createAll } from "./createAll.ts"
import { limits } from "./limits.ts"
import type { Granted } from "./oldest.ts"
import { type Answer, type Program, type Read, read } from "./program.ts"
import { nextOfDoubled } from "./settleDoubles.ts"

/**
 * What is to be granted.
 *
 * @category models
 * @since 0.1.0
 * @see {@link ensure}
 */
export interface EnsureOptions<Project extends string, P extends Granted> {
  readonly checkpoint: string
  readonly projects: ReadonlyArray<Project>
  /** What is read back: some projects, or the whole checkpoint. */
  readonly scope: ReadonlyArray<Project> | undefined
  /** Which permissions may be deleted as doubles; all by default. */
  readonly mayDelete?: ((permission: P) => boolean) | undefined
}

/**
 * What became of projects that were to be granted, and the reading that says so.
 *
 * @category models
 * @since 0.1.0
 * @see {@link ensure}
 */
export interface Ensured<Project extends string, P extends Granted> {
  readonly granted: ReadonlyMap<string, P>
  /** The projects that a reply named. */
  readonly answered: ReadonlySet<string>
  readonly owning: ReadonlySet<Project>
  readonly refused: ReadonlyMap<Project, Failure>
  /** The last reading; none if nothing can have been created. */
  readonly reading: Read<P> | undefined
  /** Projects that somebody else revoked in each round. */
  readonly revoked: ReadonlyArray<Project>
  /** Projects that have several permissions, which may not be deleted. */
  readonly several: ReadonlyArray<Project>
  /** Named by a reply, and in no listing since. */
  readonly unlisted: ReadonlyArray<P>
}

/** Projects that do not have one permission each. */
interface Doubles<Project> {
  /** They have none left, since somebody else deleted the one that was to stay. */
  readonly none: Array<Project>
  /** They have several, which may not be deleted. */
  readonly several: Array<Project>
}

/**
 * Leaves one permission of each project that a reading shows with several.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { settling } from "@checkpoint-permissions/protocol"
 *
 * const older = { id: "cp_1", created_at: 1_700_000_000, project_id: "proj_a" }
 * const younger = { id: "cp_2", created_at: 1_700_000_060, project_id: "proj_a" }
 * const reading = settling.readingOf([[older, younger]])
 * const { value } = settling.settleDoubles("ft:a", { reading, readAt: 0 }).next()
 * assert.equal("ask" in value && value.ask === "delete" && value.permission, younger)
 * ```
 */
export function* settleDoubles<Project extends string, P extends Granted & { readonly project_id: Project }>(
  checkpoint: string,
  { readAt, reading }: Read<P>,
  mayDelete: (permission: P) => boolean = () => true
): Program<Doubles<Project> | { readonly fail: Failure }, Project, P> {
  const doubles: Doubles<Project> = { none: [], several: [] }
  let now = readAt
  for (const [first, ...younger] of reading.projects.values()) {
    if (younger.length === 0) continue
    const project = first.project_id
    if (![first, ...younger].some(mayDelete)) {
      doubles.several.push(project)
      continue
    }
    const deleted = new Set<string>()
    let last: Read<P> = { reading, readAt }
    let before: Read<P>["reading"] | undefined
    let isReadSinceDelete = true
    let isLate = false
    let readings = 0
    for (;;) {
      const age = now - last.readAt
      const next = nextOfDoubled({ project, reading: last.reading, before, age, deleted, isReadSinceDelete, mayDelete })
      if (typeof next === "object") {
        const within = limits.doubleMaxAge - age
        const answer: Answer<P> = yield { ask: "delete", permission: next.delete, within, atOnce: isLate }
        now = answer.now
        isLate = answer.isDeleted !== true
        if (!isLate) deleted.add(next.delete.id)
        isReadSinceDelete = false
      } else if (next === "read" && readings < limits.doubleReadings) {
        if (isLate) yield { ask: "turn" }
        before = last.reading
        last = yield* read<Project, P>([project])
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
        if (next !== "one") doubles[next].push(project)
        break
      }
    }
  }
  return doubles
}

/** Reads until all that were answered are listed, or for half a minute. */
function* readBack<Project extends string, P extends Granted>(
  scope: ReadonlyArray<Project> | undefined,
  isListed: (read: Read<P>) => boolean
): Program<Read<P>, Project, P> {
  let last = yield* read<Project, P>(scope)
  for (const millis of limits.lagDelays) {
    if (isListed(last)) return last
    yield { ask: "sleep", millis, jittered: false }
    last = yield* read<Project, P>(scope)
  }
  return last
}

/**
 * Creates a permission for each project, reads back, and leaves one permission
 * of each. A project that is left without any, since somebody else deleted the
 * permission that was to stay, is granted again, a few times.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { settling } from "@checkpoint-permissions/protocol"
 *
 * const program = settling.ensure({ checkpoint: "ft:a", projects: ["proj_a"], scope: undefined })
 * const { value } = program.next()
 * assert.deepEqual(value, { ask: "create", projects: ["proj_a"] })
 * ```
 *
 * @category programs
 * @since 0.1.0
 */
export function* ensure<Project extends string, P extends Granted & { readonly project_id: Project }>(
  options: EnsureOptions<Project, P>
): Program<Ensured<Project, P> | { readonly fail: Failure }, Project, P> {
  const { checkpoint, mayDelete, projects, scope } = options
  const all: AllCreated<Project, P> = {
    granted: new Map(),
    answered: new Set(),
    owning: new Set(),
    refused: new Map()
  }
  let reading: Read<P> | undefined
  let unlisted: ReadonlyArray<P> = []
  let several: ReadonlyArray<Project> = []
  let missing = projects
  for (let round = 0; round < limits.rounds && missing.length > 0; round++) {
    const asked = missing
    const created = { ...all, granted: new Map<string, P>(), answered: new Set<string>() }
    const failure = yield* createAll<Project, P>(created, checkpoint, asked)
    if (failure !== undefined) return { fail: failure }
    for (const [project, permission] of created.granted) all.granted.set(project, permission)
    for (const project of created.answered) all.answered.add(project)
    if (created.granted.size === 0) break
    const latest = yield* readBack<Project, P>(scope, (last) =>
      asked.every((project) => !all.answered.has(project) || last.reading.projects.has(project))
    )
    reading = latest
    const listed = latest.reading.projects
    const doubles = yield* settleDoubles<Project, P>(checkpoint, latest, mayDelete)
    if ("fail" in doubles) return doubles
    several = doubles.several
    unlisted = [...all.granted.values()].filter(
      ({ project_id }) => all.answered.has(project_id) && !listed.has(project_id)
    )
    const isDone = (project: Project): boolean =>
      listed.has(project) || all.answered.has(project) || all.owning.has(project) || all.refused.has(project)
    missing = [...new Set([...doubles.none, ...projects.filter((project) => !isDone(project))])]
  }
  return { ...all, reading, several, unlisted, revoked: reading === undefined ? [] : missing }
}
