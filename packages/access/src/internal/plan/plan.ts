import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import type { Row } from "../audit/matrix.ts"
import { makeReader, marksOf, type Read, summaryOf } from "../audit/modelPermissions.ts"
import type { Progress } from "../audit/options.ts"
import { read as list, spanOf } from "../checkpoint/read.ts"
import type { State } from "../checkpoint/state.ts"
import { dayOf } from "../policy/ends.ts"
import type { AccessPolicy } from "../policy/model.ts"
import { digest, resolve } from "../policy/resolve.ts"
import * as Run from "../run/run.ts"
import { countsOf, derive, onlyEnded } from "./derive.ts"
import { type AccessPlan, type PlanScope, Snapshots } from "./model.ts"

/**
 * Options of the reads for a plan.
 *
 * @category models
 */
export interface PlanOptions {
  readonly concurrency?: number | undefined
  readonly onProgress?: ((progress: Progress) => Effect.Effect<void>) | undefined
  /** The current time, by which access ends, such as the server's. Default: the clock of this machine. */
  readonly now?: Effect.Effect<DateTime.Utc> | undefined
  /**
   * `modelPermissions` of `Organization`, to mark grants that may not take effect. Read once for each project to grant.
   * Default: they are not read.
   */
  readonly modelPermissions?: Read | undefined
  /** The part of the policy to plan, from {@link scopeOf}. Default: all of it. */
  readonly scope?: PlanScope | undefined
}

/** A checkpoint that was listed or could not be. */
type PlanRow = Row & { readonly isNotFound?: boolean }

/** Makes a plan from rows. Plans nothing for a checkpoint that was not read to the end. */
export const fromRows = Effect.fnUntraced(function* (
  service: Pick<Service, "server">,
  policy: AccessPolicy,
  createdAt: DateTime.Utc,
  rows: ReadonlyMap<CheckpointId, PlanRow>,
  owners: ReadonlyMap<string, ProjectId>,
  { now = DateTime.now, scope }: Pick<PlanOptions, "now" | "scope">
) {
  const day = dayOf(yield* now)
  const read = (yield* Effect.orDie(resolve(policy))).flatMap((resolved) => {
    const row = rows.get(resolved.checkpoint)
    return row?.complete === true ? [{ resolved, row }] : []
  })
  const checkpoints = read.map(({ resolved, row }) => {
    const plan = derive(resolved, row, row.owner ?? owners.get(resolved.checkpoint), day)
    return scope?.onlyEnded === true ? onlyEnded(plan) : plan
  })
  const failed = [...rows.values()].flatMap((row) => (row.complete ? [] : [row]))
  const [unread, gone] = Arr.partition(failed, ({ isNotFound }) => isNotFound === true && read.length > 0)
  const { apiUrl, organization } = service.server
  const plan: AccessPlan = {
    format: "checkpoint-permissions/plan",
    version: 2,
    createdAt,
    day,
    apiUrl,
    ...(organization === undefined ? {} : { organization }),
    policy,
    policyDigest: yield* digest(policy, { day }),
    ...(scope === undefined ? {} : { scope }),
    counts: countsOf(checkpoints, unread),
    checkpoints,
    unread: unread.map(({ checkpoint, reason }) => ({ checkpoint, reason })),
    ...(gone.length === 0 ? {} : { gone: gone.map(({ checkpoint }) => ({ checkpoint })) })
  }
  return plan
})

const defaultConcurrency = 8

/** Lists every checkpoint, and returns a row for each. Fails if nothing could be read. */
const readRows = Effect.fnUntraced(function* (
  service: Service,
  checkpoints: ReadonlyArray<CheckpointId>,
  options: PlanOptions
): Effect.fn.Return<ReadonlyMap<CheckpointId, PlanRow>, PermissionsError, Scope.Scope> {
  const rows = new Map<CheckpointId, PlanRow>()
  let done = 0
  let failed = 0
  const run = yield* Run.make(undefined)

  const readOne = Effect.fnUntraced(function* (checkpoint: CheckpointId) {
    const outcome = yield* Effect.either(list(service, checkpoint))
    if (Either.isRight(outcome)) {
      const { permissions } = outcome.right
      rows.set(checkpoint, { checkpoint, ...spanOf(outcome.right), complete: true, permissions })
    } else {
      const readAt = yield* DateTime.now
      const { _tag, message: reason } = outcome.left
      const isNotFound = _tag === "NotFoundError"
      rows.set(checkpoint, { checkpoint, readAt, complete: false, reason, permissions: [], isNotFound })
      failed += 1
    }
    done += 1
    yield* options.onProgress?.({ done, failed, total: checkpoints.length }) ?? Effect.void
    return Either.isLeft(outcome) ? outcome.left : "answered"
  })

  yield* Run.forEachCheckpoint(run, checkpoints, options.concurrency ?? defaultConcurrency, (checkpoint) =>
    Run.unlessHalted(run, readOne(checkpoint))
  )
  const failure = yield* Run.failureOf(run)
  if (failure !== undefined && ![...rows.values()].some(({ complete }) => complete)) return yield* failure
  for (const checkpoint of checkpoints) {
    if (!rows.has(checkpoint)) {
      const reason = `not read: the run ended, ${run.endedBy?.message ?? "stopped"}`
      rows.set(checkpoint, { checkpoint, readAt: yield* DateTime.now, complete: false, reason, permissions: [] })
    }
  }
  return rows
}, Effect.scoped)

/** Reads the model permissions of the projects to grant, and marks the grants. */
const marked = Effect.fnUntraced(function* (plan: AccessPlan, read: Read, concurrency: number) {
  const reader = yield* makeReader(read, concurrency, Effect.never)
  yield* reader.ask(plan.checkpoints.flatMap(({ grants }) => grants))
  const lists = yield* reader.lists
  return {
    ...plan,
    ...summaryOf(lists),
    checkpoints: plan.checkpoints.map((one) => ({ ...one, ...marksOf(lists, one.checkpoint, one.grants) }))
  }
}, Effect.scoped)

/** Lists the checkpoints of a policy, or of its part, and returns the steps to the policy. */
export const plan = Effect.fnUntraced(function* (state: State, policy: AccessPolicy, options: PlanOptions = {}) {
  const { concurrency = defaultConcurrency, modelPermissions, scope } = options
  const covered = scope && new Set([...scope.changed, ...scope.ended])
  const checkpoints = (yield* Effect.orDie(resolve(policy)))
    .map(({ checkpoint }) => checkpoint)
    .filter((checkpoint) => covered?.has(checkpoint) ?? true)
  const createdAt = yield* DateTime.now
  const rows = yield* readRows(state.permissions, checkpoints, options)
  const unmarked = yield* fromRows(state.permissions, policy, createdAt, rows, state.owners, options)
  const made = modelPermissions === undefined ? unmarked : yield* marked(unmarked, modelPermissions, concurrency)
  const read = [...rows.values()].flatMap(({ checkpoint, complete }) => (complete ? [checkpoint] : []))
  return { ...made, snapshots: new Snapshots(state.token, new Set(read)) }
})
