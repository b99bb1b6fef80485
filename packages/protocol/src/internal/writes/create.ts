import type { Failure } from "../../failure.ts"
import type { Program } from "../program.ts"
import { type Batch, type Calls, type CreateFailure, type CreateReply, limits } from "./calls.ts"
import { byProject, type CheckpointSnapshot, type PermissionFields } from "./snapshot.ts"

/** Returns true if the failure is due to one project. The other projects may have been granted or not. */
const isRefusal = ({ kind }: Pick<Failure, "kind">): boolean => kind === "BadRequestError" || kind === "ConflictError"

/** Splits projects into batches of at most `size`. */
export const batchesOf = <Project>(all: ReadonlyArray<Project>, size: number): ReadonlyArray<Batch<Project>> =>
  all.flatMap((first, index) => (index % size === 0 ? [[first, ...all.slice(index + 1, index + size)] as const] : []))

/**
 * Returns the project that the server refuses because it owns the model. The owner always has access and can be neither
 * granted nor revoked. If the server names no project of `projects`, the owner is the only project, or `undefined` if
 * there are several.
 */
export const ownerProjectOf = <Project extends string>(
  failure: Pick<Failure, "kind" | "detail">,
  projects: ReadonlyArray<Project>
): Project | undefined => {
  if (failure.kind !== "BadRequestError" || failure.detail === undefined) return undefined
  const about = /owning project\b:?(.*)/is.exec(failure.detail)?.[1]
  if (about === undefined) return undefined
  const named = about.trim().replace(/^['"`]+|[.'"`]+$/g, "")
  return projects.find((project) => project === named) ?? (projects.length === 1 ? projects[0] : undefined)
}

/**
 * Returns the result of a create that its reply shows. `"granted"`: every project is granted. `"failed"`: nothing was
 * done, and no project is the reason. `"unknown"`: the checkpoint has to be read.
 */
export const onCreate = <P extends PermissionFields>(
  projects: ReadonlyArray<string>,
  reply: CreateReply<P>
): "granted" | "failed" | "unknown" => {
  if ("failure" in reply) return isRefusal(reply.failure) || reply.failure.mayHaveExecuted ? "unknown" : "failed"
  const named = new Set(reply.page.data.map(({ project_id }) => project_id))
  return projects.every((project) => named.has(project)) ? "granted" : "unknown"
}

/**
 * Returns the result of a create from its reply and from a snapshot that was read after it. `granted` has the oldest
 * permission of each project. A create that is refused as a whole is split in half until the refused project is found.
 *
 * `owner` has access without a permission. A create for `refused` cannot succeed. With `mayHaveExecuted` the server may
 * still execute the create: wait before sending it again, and do so only a few times.
 */
export const afterCreate = <Project extends string, P extends PermissionFields>(
  projects: Batch<Project>,
  reply: CreateReply<P>,
  snapshot: CheckpointSnapshot<P>["projects"]
) => {
  const shown = new Map([...("page" in reply ? byProject(reply.page.data) : []), ...snapshot])
  const granted = new Map(
    projects.flatMap((project) => (shown.get(project) ?? []).slice(0, 1).map((oldest) => [project, oldest] as const))
  )
  const owner = "failure" in reply ? ownerProjectOf(reply.failure, projects) : undefined
  const left = projects.filter((project) => !granted.has(project) && project !== owner)
  const created = { granted, owner, refused: undefined, mayHaveExecuted: false }
  if (left.length < projects.length) return { ...created, toSend: batchesOf(left, left.length) }
  if ("page" in reply || !isRefusal(reply.failure)) return { ...created, toSend: [projects], mayHaveExecuted: true }
  if (projects.length === 1) return { ...created, refused: projects[0], toSend: [] }
  return { ...created, toSend: batchesOf(projects, Math.ceil(projects.length / 2)) }
}

/**
 * Reads the checkpoint until `isListed` returns true, for half a minute, or until a deadline or the rate limit ends a
 * read. `isCut` is true in that case. `mayHaveExecuted` is true if the server may have executed one of the creates before
 * it. If the first read is ended, it fails, unless `first` is given.
 */
export function* readBack<Y, P extends PermissionFields, F extends CreateFailure>(
  calls: Calls<Y, P, F>,
  scope: ReadonlyArray<P["project_id"]> | undefined,
  isListed: (snapshot: CheckpointSnapshot<P>) => boolean,
  mayHaveExecuted: boolean,
  first?: CheckpointSnapshot<P>
): Program<Y, { readonly snapshot: CheckpointSnapshot<P>; readonly isCut: boolean }> {
  let snapshot = yield* calls.read(scope, mayHaveExecuted, first)
  let isCut = snapshot === first
  for (const millis of limits.lagDelays) {
    if (isCut || isListed(snapshot)) break
    const last = snapshot
    if (yield* calls.sleep(millis, { jittered: false })) snapshot = yield* calls.read(scope, mayHaveExecuted, last)
    isCut = snapshot === last
  }
  return { snapshot, isCut }
}

/** The result of a grant for its projects. */
export interface CreateAllReport<P extends PermissionFields, F> {
  /** The permission of each project in a reply, or in a snapshot after an unconfirmed create. */
  readonly granted: ReadonlyMap<string, P>
  /** The permission of each project in a reply. These projects are never sent again. */
  readonly answered: ReadonlyMap<string, P>
  /** The number of creates of a project that the server may have executed, without a reply that names it. */
  readonly unconfirmed: ReadonlyMap<string, number>
  readonly owners: ReadonlySet<P["project_id"]>
  readonly refused: ReadonlyMap<P["project_id"], F>
}

/**
 * Creates a permission for each project. A project whose permission was in a reply is never sent again. After a lost
 * reply, or one with only some projects, the checkpoint is read to decide what to send again.
 *
 * `batches` holds the projects whose result is open. The first batch is being sent. Every project is in at most one
 * batch, and leaves it when it is granted, an owner or refused. The loop ends, since a batch shrinks, is split, or is
 * sent again at most `limits.resends` times in a row.
 */
export function* createAll<Y, P extends PermissionFields, F extends CreateFailure>(
  calls: Calls<Y, P, F>,
  projects: ReadonlyArray<P["project_id"]>
): Program<Y, CreateAllReport<P, F>> {
  const granted = new Map<string, P>()
  const answered = new Map<string, P>()
  const unconfirmed = new Map<string, number>()
  /** Projects of creates that failed without a refusal. */
  const lost = new Set<string>()
  const owners = new Set<P["project_id"]>()
  const refused = new Map<P["project_id"], F>()
  let batches = batchesOf(projects, limits.projectsPerCreate)
  let resends = 0
  for (let [batch, ...others] = batches; batch !== undefined; [batch, ...others] = batches) {
    const reply: CreateReply<P, F> = yield* calls.create(batch)
    if ("page" in reply) for (const permission of reply.page.data) answered.set(permission.project_id, permission)
    const verdict = onCreate(batch, reply)
    const isResent = batch.some((project) => lost.has(project))
    // after a deadline, no listing can show the result
    const isLate = "failure" in reply && reply.failure.endedByDeadline === true
    if ("failure" in reply && (verdict === "failed" || isLate)) {
      const mayHaveExecuted = unconfirmed.size + granted.size > 0
      return yield* calls.fail(mayHaveExecuted ? { ...reply.failure, mayHaveExecuted } : reply.failure)
    }
    const isRefused = "failure" in reply && isRefusal(reply.failure) && batch.length === 1
    /** True if an existing permission may be the reason of a refusal. */
    const mayExist =
      isRefused &&
      (isResent || reply.failure.kind === "ConflictError") &&
      ownerProjectOf(reply.failure, batch) === undefined
    if (verdict === "unknown" && !isRefused) {
      for (const project of batch) {
        if (answered.has(project)) continue
        unconfirmed.set(project, (unconfirmed.get(project) ?? 0) + 1)
        if ("page" in reply || !isRefusal(reply.failure)) lost.add(project)
      }
    }
    const mayHaveExecuted = !isRefused || unconfirmed.size > 0 || answered.size > 0
    const isListed = ({ projects }: CheckpointSnapshot<P>): boolean => !mayExist || projects.has(batch[0])
    const listed: CheckpointSnapshot<P>["projects"] =
      verdict === "unknown" ? (yield* readBack(calls, batch, isListed, mayHaveExecuted)).snapshot.projects : new Map()
    const created = afterCreate<P["project_id"], P>(batch, reply, listed)
    for (const [project, permission] of created.granted) {
      if (!granted.has(project) && !answered.has(project)) yield* calls.onFound(permission)
      granted.set(project, permission)
    }
    if (created.owner !== undefined) owners.add(created.owner)
    if (created.refused !== undefined && "failure" in reply) {
      refused.set(created.refused, isResent ? { ...reply.failure, mayHaveExecuted: true } : reply.failure)
    }
    if (created.mayHaveExecuted) {
      const delay = limits.resendDelay * 2 ** resends
      if (resends === limits.resends || !(yield* calls.sleep(delay, { jittered: true }))) {
        const { checkpoint } = calls
        const reason = `the server confirmed the grant of ${batch.join(", ")}, but does not list the permission`
        const notListed = { kind: "InvalidResponseError", operation: "create", mayHaveExecuted: true } as const
        return yield* calls.fail("failure" in reply ? reply.failure : { ...notListed, checkpoint, reason })
      }
      resends += 1
    } else {
      batches = [...created.toSend, ...others]
      resends = 0
    }
  }
  return { granted, answered, unconfirmed, owners, refused }
}
