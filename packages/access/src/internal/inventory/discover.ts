/** Reads the parts of an inventory. */
import type { ListingError, Service as OrganizationService } from "@checkpoint-permissions/client/Organization"
import type { Service as ProjectService } from "@checkpoint-permissions/client/ProjectModels"
import { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { created, deleted, join } from "@checkpoint-permissions/protocol/events"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import { collect, readEvents, readKeyNames, readPart } from "../history/log.ts"
import type { AccessPolicy } from "../policy/model.ts"
import { resolve } from "../policy/resolve.ts"
import { type InventoryPart, type KeyListing, make } from "./make.ts"
import type { Inventory } from "./model.ts"

/** Reads a part until `stop` completes. Keeps the reason if it fails. `readAt` is the time at which the read began. */
const readAt = <A>(
  stop: Effect.Effect<unknown>,
  read: Effect.Effect<A, ListingError>,
  without: A
): Effect.Effect<InventoryPart<A>> =>
  Effect.zipWith(DateTime.now, readPart(stop, read), (readAt, part) => ({ readAt, value: without, ...part }))

type Checkpoint = Stream.Stream.Success<ReturnType<ProjectService["checkpoints"]>>

/** Reads the models and jobs of a project. A job that the keys of several projects list is read once. */
const readWithKey = Effect.fnUntraced(function* (
  project: ProjectService,
  checkpointsOfJob: Map<string, ReadonlyArray<Checkpoint>>
): Effect.fn.Return<Omit<KeyListing, "project">, ListingError> {
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
  const { events, failure } = yield* readEvents(organization.events({ types: [created, deleted] }), { stop })
  const changes = join(events)
  const { nameKeys } = yield* readKeyNames(organization, changes, stop)
  return { readAt, value: nameKeys(changes), failure }
})

/** @category models */
export interface DiscoverOptions {
  /** A policy whose checkpoints and owners are included. */
  readonly policy?: AccessPolicy | undefined
  /** Further checkpoints. */
  readonly checkpoints?: ReadonlyArray<string> | undefined
  /** False to leave out the audit log. Default: true. */
  readonly log?: boolean | undefined
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
  {
    checkpoints,
    log: isLogRead = true,
    onProject = () => Effect.void,
    policy,
    stop = Effect.never
  }: DiscoverOptions = {}
): Effect.Effect<Inventory> =>
  Effect.gen(function* () {
    const createdAt = yield* DateTime.now
    const resolved = policy === undefined ? [] : yield* Effect.orDie(resolve(policy))
    const list = yield* readAt(stop, collect(organization.projects({ includeArchived: true })), [])
    const log = isLogRead ? yield* readLog(organization, stop) : undefined
    const checkpointsOfJob = new Map<string, ReadonlyArray<Checkpoint>>()
    const keys = yield* Effect.forEach(projects, (service, index) => {
      const project = ProjectId.make(service.projectId)
      const read = readAt(stop, readWithKey(service, checkpointsOfJob), { models: [], jobs: [] })
      return Effect.zipLeft(
        Effect.map(read, ({ value, ...rest }) => ({ ...rest, value: { project, ...value } })),
        onProject(index + 1)
      )
    })
    return make({
      createdAt,
      server: organization.server,
      projects: list,
      keys,
      log,
      policy: resolved,
      listed: checkpoints
    })
  })
