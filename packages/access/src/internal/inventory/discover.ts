/** Reads what an inventory is made of. */

import type { Server } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { ListingError, Service as OrganizationService } from "@checkpoint-permissions/client/Organization"
import type { Service as ProjectService } from "@checkpoint-permissions/client/ProjectModels"
import { isProjectId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { created, deleted } from "@checkpoint-permissions/protocol/events"
import { ownerProjectOf } from "@checkpoint-permissions/protocol/writes"
import * as Arr from "effect/Array"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type Entry, isOf } from "../journal/model.ts"
import type { AccessPolicy, Resolved } from "../policy/model.ts"
import { resolve } from "../policy/resolve.ts"
import { make, type Parts, type Read } from "./make.ts"
import type { Inventory } from "./model.ts"

const all = <A>(stream: Stream.Stream<A, ListingError>): Effect.Effect<ReadonlyArray<A>, ListingError> =>
  Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

/** Keeps why it could not be read. The time is that of the beginning. */
const told = <A>(read: Effect.Effect<A, ListingError>): Effect.Effect<Read<A>> =>
  Effect.flatMap(DateTime.now, (readAt) =>
    Effect.match(read, {
      onFailure: ({ message }) => ({ readAt, failed: message }),
      onSuccess: (value) => ({ readAt, value })
    })
  )

/** A job that keys of several projects list is asked for its checkpoints once. */
const ofProject = (project: ProjectService, asked: Map<string, ReadonlyArray<Checkpoint>>) =>
  Effect.gen(function* () {
    const models = yield* all(project.models)
    const jobs = yield* Effect.forEach(yield* all(project.jobs), (job) =>
      Effect.gen(function* () {
        const checkpoints = asked.get(job.id) ?? (yield* all(project.checkpoints(job.id)))
        asked.set(job.id, checkpoints)
        return { job, checkpoints }
      })
    )
    return { models, jobs }
  })

type Checkpoint = Stream.Stream.Success<ReturnType<ProjectService["checkpoints"]>>

type Owner = NonNullable<Parts["owners"]>[string]

/** The owners that journals of this server tell by a refused grant: its projects were sent in one request. */
const byRefusal = (server: Server, journal: ReadonlyArray<Entry>): ReadonlyArray<readonly [string, Owner]> => {
  const refused = journal
    .filter(isOf(server))
    .filter(({ action, outcome }) => action === "grant" && outcome === "refused")
  const requests = Arr.groupBy(refused, ({ checkpoint, project, request }) => `${checkpoint} ${request ?? project}`)
  return Object.values(requests).flatMap((entries) => {
    const [{ checkpoint, error }] = entries
    const projects = entries.flatMap(({ project }) => (isProjectId(project) ? [project] : []))
    // What the server said stands before the status.
    const detail = error?.replace(/ \(status .*$/s, "")
    const owner = ownerProjectOf({ kind: "BadRequestError", detail }, projects)
    return owner === undefined ? [] : [[checkpoint, { project: owner, by: "refusal" }] as const]
  })
}

/** Owners that a policy names, and those that a server told when it refused to grant them. What it told comes first. */
const ownersOf = (
  server: Server,
  policy: ReadonlyArray<Resolved>,
  journal: ReadonlyArray<Entry>
): NonNullable<Parts["owners"]> =>
  Object.fromEntries([
    ...policy.flatMap(({ checkpoint, owner }) =>
      owner === undefined ? [] : [[checkpoint, { project: owner, by: "policy" }] as const]
    ),
    ...byRefusal(server, journal)
  ])

/** @category models */
export interface DiscoverOptions {
  /** It names owners of checkpoints that no job is known of. */
  readonly policy?: AccessPolicy | undefined
  /** Entries of journals: the server names the owner when it refuses to grant it. Those of other servers are left out. */
  readonly journal?: ReadonlyArray<Entry> | undefined
  readonly onProject?: ((done: number) => Effect.Effect<void>) | undefined
}

/**
 * Reads an inventory: the projects, the log, and what the keys of some projects list. A log or a key that is refused is
 * no failure: the inventory says so. Fails where the projects cannot be listed.
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
  { journal = [], onProject = () => Effect.void, policy }: DiscoverOptions = {}
): Effect.Effect<Inventory, ListingError> =>
  Effect.gen(function* () {
    const createdAt = yield* DateTime.now
    const resolved = policy === undefined ? [] : yield* Effect.orDie(resolve(policy))
    // first, so that a wrong admin key costs one request
    const list = yield* all(organization.projects({ includeArchived: true }))
    const log = yield* told(all(organization.events({ types: [created, deleted] })))
    const asked = new Map<string, ReadonlyArray<Checkpoint>>()
    const keys = yield* Effect.forEach(projects, (project, index) =>
      told(ofProject(project, asked)).pipe(
        Effect.map((read) => ({ project: ProjectId.make(project.projectId), ...read })),
        Effect.zipLeft(onProject(index + 1))
      )
    )
    return yield* make({
      createdAt,
      server: organization.server,
      projects: { readAt: createdAt, list },
      keys,
      log,
      owners: ownersOf(organization.server, resolved, journal)
    })
  })
