/** Reads the parts of an inventory, and adds an inventory to an audit. */
import { Organization, type Service as OrganizationService } from "@checkpoint-permissions/client/Organization"
import type { Service as ProjectService } from "@checkpoint-permissions/client/ProjectModels"
import { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { JobCheckpoint } from "@checkpoint-permissions/core/ProjectModels"
import * as Events from "@checkpoint-permissions/protocol/events"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Projects from "../../Projects.ts"
import { hasServerOwner } from "../audit/cells.ts"
import type { AccessMatrix } from "../audit/matrix.ts"
import { collect, readEvents, readKeyNames, readPart, searchWindows } from "../history/read.ts"
import type { AccessPolicy } from "../policy/entry.ts"
import { resolve } from "../policy/resolve.ts"
import { type Inventory, type InventoryCheckpoint, type ListedCheckpoint, make } from "./inventory.ts"
import { labelOf } from "./text.ts"

/** Reads the models and jobs of a project. A job that the keys of several projects list is read once. */
const readWithKey = Effect.fnUntraced(function* (
  project: ProjectService,
  checkpointsOfJob: Map<string, ReadonlyArray<JobCheckpoint>>
) {
  const models = yield* collect(project.models)
  const jobs = yield* Effect.forEach(
    yield* collect(project.jobs),
    Effect.fnUntraced(function* (job) {
      const checkpoints = checkpointsOfJob.get(job.id) ?? (yield* collect(project.checkpoints(job.id)))
      checkpointsOfJob.set(job.id, checkpoints)
      return { job, checkpoints }
    })
  )
  return { models, jobs }
})

/** Reads all changes of the log, with the names of keys. If a page fails, keeps the changes before it. */
const readLog = Effect.fnUntraced(function* (organization: OrganizationService, stop: Effect.Effect<unknown>) {
  const readAt = yield* DateTime.now
  const { events, failure } = yield* readEvents(organization, { stop })
  const changes = Events.join(events)
  const { nameKeys } = yield* readKeyNames(organization, changes, stop)
  return { readAt, value: nameKeys(changes), failure }
})

export interface DiscoverOptions {
  /** A policy whose checkpoints and owners are included. */
  readonly policy?: AccessPolicy | undefined
  /** Further checkpoints, with the owners that a document has. */
  readonly checkpoints?: ReadonlyArray<ListedCheckpoint> | undefined
  /** False to leave out the audit log. Default: true. */
  readonly log?: boolean | undefined
  /** Reads the projects of the organization. Default: the whole list. */
  readonly projects?: Effect.Effect<Projects.Projects> | undefined
  /** Called with the number of keys whose lists were read. */
  readonly onProject?: ((done: number) => Effect.Effect<void>) | undefined
  /** When this completes, no further request is sent. The inventory contains everything read up to then. */
  readonly stop?: Effect.Effect<unknown> | undefined
}

/**
 * Reads the projects of an organization, its audit log, and the lists of some projects' keys. Reads no checkpoint. A
 * part that cannot be read is not a failure: `failure` has the reason. Dies for an invalid policy that was made in code.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Inventory } from "@checkpoint-permissions/access"
 * import { Organization, ProjectModels } from "@checkpoint-permissions/client"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const model = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
 * const inventory = await Effect.gen(function* () {
 *   const organization = yield* Organization.make({ adminKey: Redacted.make("sk-admin-test") })
 *   const search = yield* ProjectModels.make({ apiKey: Redacted.make("sk-proj-any"), projectId: "proj_search" })
 *   return yield* Inventory.discover(organization, [search])
 * }).pipe(
 *   Effect.provide(
 *     FakePermissions.layer({
 *       organization: { jobs: [{ id: "ftjob-1", fine_tuned_model: model, project: "proj_search" }] }
 *     })
 *   ),
 *   Effect.runPromise
 * )
 * assert.equal(inventory.checkpoints[0]?.owner, "proj_search")
 * ```
 *
 * @category constructors
 */
export const discover = (
  organization: OrganizationService,
  projects: ReadonlyArray<ProjectService>,
  options: DiscoverOptions = {}
): Effect.Effect<Inventory> =>
  Effect.gen(function* () {
    const { checkpoints: listed, onProject = () => Effect.void, policy, stop = Effect.never } = options
    const createdAt = yield* DateTime.now
    const resolved = policy === undefined ? [] : yield* Effect.orDie(resolve(policy))
    const list = yield* readPart(
      stop,
      Effect.flatMap(options.projects ?? Projects.read(organization), ({ byId, error }) =>
        error === undefined ? Effect.succeed([...byId.values()]) : Effect.fail(error)
      )
    )
    const log = options.log === false ? undefined : yield* readLog(organization, stop)
    const checkpointsOfJob = new Map<string, ReadonlyArray<JobCheckpoint>>()
    const keys = yield* Effect.forEach(
      projects,
      Effect.fnUntraced(function* (service, index) {
        const part = yield* readPart(stop, readWithKey(service, checkpointsOfJob))
        yield* onProject(index + 1)
        return { project: ProjectId.make(service.projectId), ...part }
      })
    )
    return make({ createdAt, server: organization.server, projects: list, keys, log, policy: resolved, listed })
  })

/**
 * Searches the log for grants around the times at which the permissions of a matrix were created. `failure` is the
 * reason why some may be missing.
 */
const searchLog = Effect.fnUntraced(function* (
  organization: OrganizationService,
  matrix: AccessMatrix,
  stop: Effect.Effect<unknown> | undefined
) {
  const times = matrix.rows.flatMap(({ permissions }) => permissions.map(({ created_at }) => created_at))
  const { complete, events, failure } = yield* searchWindows(organization, Events.windowsOf(times), stop)
  const changes = Events.join(events)
  const { nameKeys } = yield* readKeyNames(organization, changes, stop)
  const left = times.filter((time) => !Events.isSearched(complete, time)).length
  const limited = left === 0 ? undefined : `the log was not searched for ${left} of ${times.length} permissions`
  return {
    grants: nameKeys(changes),
    windows: complete,
    newest: Number.POSITIVE_INFINITY,
    failure: failure ?? limited
  }
})

/** Returns the grants of an inventory's log, the span that was read to its end, and the newest second before the read. */
const loggedIn = ({ checkpoints }: Inventory, { failure, oldest, others, readAt }: NonNullable<Inventory["log"]>) => {
  const grants = [...checkpoints.flatMap(({ granted }) => granted), ...others].map(({ at, by, permission }) => ({
    action: "grant" as const,
    at: DateTime.toEpochMillis(at) / 1000,
    by,
    permission: permission ?? undefined
  }))
  const to = Number.POSITIVE_INFINITY
  const newest = DateTime.toEpochMillis(readAt) / 1000 - 1
  if (failure === null) return { grants, windows: [{ from: Number.NEGATIVE_INFINITY, to }], newest, failure: undefined }
  // some events of the oldest second may be missing
  const windows = oldest === null ? [] : [{ from: DateTime.toEpochMillis(oldest) / 1000 + 1, to }]
  return { grants, windows, newest, failure }
}

/**
 * Adds the data of an inventory to an audit: project names, archived projects, owners, retirement days and the actors
 * that created the permissions. If the inventory has no log, the log is searched around the creation of each permission, in at most 30
 * windows. A log that cannot be read is not a failure: `logFailure` has the reason.
 *
 * @category conversions
 */
export const annotate = (
  matrix: AccessMatrix,
  inventory: Inventory,
  { stop }: { readonly stop?: Effect.Effect<unknown> | undefined } = {}
): Effect.Effect<AccessMatrix, never, Organization> =>
  Effect.gen(function* () {
    const organization = yield* Organization
    const { failure, grants, newest, windows } =
      inventory.log === null ? yield* searchLog(organization, matrix, stop) : loggedIn(inventory, inventory.log)
    const creationOf = Events.creations<(typeof grants)[number]>(grants)
    const logSince = inventory.log?.failure === null ? inventory.log.oldest : null
    const known = new Map<string, InventoryCheckpoint>(inventory.checkpoints.map((one) => [one.checkpoint, one]))
    const names = inventory.projects.list.flatMap(({ archivedAt, id, name }) =>
      (name === null || name === id) && archivedAt === null ? [] : [[id, labelOf(inventory, id)]]
    )
    return {
      ...matrix,
      names: { ...matrix.names, ...Object.fromEntries(names) },
      ...(failure === undefined ? {} : { logFailure: failure }),
      ...(logSince === null ? {} : { logSince }),
      ...(inventory.projects.failure === null ? {} : { projectsFailure: inventory.projects.failure }),
      rows: matrix.rows.map((row) => {
        const { owner = null, ownerSource = null, retires = null, sources = [] } = known.get(row.checkpoint) ?? {}
        return {
          ...row,
          ...(hasServerOwner(row) || owner === null || ownerSource === null ? {} : { owner, ownerSource }),
          ...(retires === null ? {} : { retires }),
          ...(logSince === null || sources.includes("log") ? {} : { notInLog: true as const }),
          permissions: row.permissions.map(({ created_at, id, project_id }) => {
            const isSearched = created_at <= newest && Events.isSearched(windows, created_at)
            const unknown = isSearched ? "not in the log" : "not searched"
            // a spread would give each permission its own hidden class: 20 MiB for 60,000
            return { id, project_id, created_at, by: creationOf(id, created_at)?.by ?? unknown }
          })
        }
      })
    }
  })
