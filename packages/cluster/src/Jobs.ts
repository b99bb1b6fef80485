/**
 * Jobs in a store: to submit them, to follow and to stop them. No key is needed, and no worker has to run in the same
 * process.
 *
 * @since 0.1.0
 */
import {
  type AccessPlan,
  checkTerms,
  type PlanRefused,
  parts,
  sha256Of,
  type Terms
} from "@checkpoint-permissions/access/AccessPlan"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { digestOf } from "./internal/rules/target.ts"
import * as events from "./internal/store/events.ts"
import * as rows from "./internal/store/jobs.ts"
import { prune } from "./internal/store/prune.ts"
import * as store from "./internal/store/schema.ts"
import { orUnavailable, Store } from "./internal/store/store.ts"
import { type NewJob, type Submitted, submit } from "./internal/store/submit.ts"
import { type Event, type Job, type JobId, type Target, targetOf } from "./Job.ts"
import { JobNotFound, type OpenError, type StoreUnavailable } from "./StoreError.ts"

export type { Submitted } from "./internal/store/submit.ts"

/**
 * Who submits a job, and its deadline.
 *
 * @category models
 */
export interface SubmitOptions {
  readonly actor?: string | undefined
  /** For how long after the submission checkpoints may be begun. Default: 7 days, a day for a grant or a revoke. */
  readonly deadline?: Duration.DurationInput | undefined
}

/**
 * Who submits a plan, and when it is refused: the terms are held against it by the clock of this machine.
 *
 * @category models
 */
export interface PlanOptions extends SubmitOptions, Terms {}

/**
 * Which jobs are listed.
 *
 * @category models
 */
export interface ListOptions {
  readonly active?: boolean | undefined
  /** Default: 100. */
  readonly limit?: number | undefined
}

/**
 * From where on a job is followed.
 *
 * @category models
 */
export interface FollowOptions {
  /** Begin after the event with this number. Default: 0, the beginning. */
  readonly after?: number | undefined
}

/**
 * What callers do with jobs.
 *
 * @category models
 */
export interface Service {
  /**
   * Stores the parts of a plan, each with the permissions that it deletes: a worker deletes nothing else, apart from
   * doubles of what it grants. It reads each checkpoint before it writes there, and leaves what has drifted.
   */
  readonly submit: (plan: AccessPlan, options: PlanOptions) => Effect.Effect<Submitted, PlanRefused | StoreUnavailable>
  /** Gives projects access to a checkpoint, as `Access.grant` does. */
  readonly grant: (
    target: Target,
    checkpoint: CheckpointId,
    projects: ReadonlyArray<ProjectId>,
    options: SubmitOptions
  ) => Effect.Effect<Submitted, StoreUnavailable>
  /** Takes access to a checkpoint away from projects, as `Access.revoke` does. */
  readonly revoke: (
    target: Target,
    checkpoint: CheckpointId,
    projects: ReadonlyArray<ProjectId>,
    options: SubmitOptions
  ) => Effect.Effect<Submitted, StoreUnavailable>
  /** Reads checkpoints, as `Access.audit` does. The rows come as `Audited` events. */
  readonly audit: (
    target: Target,
    checkpoints: ReadonlyArray<CheckpointId>,
    options: SubmitOptions
  ) => Effect.Effect<Submitted, StoreUnavailable>
  readonly get: (id: JobId) => Effect.Effect<Job, JobNotFound | StoreUnavailable>
  readonly list: (options?: ListOptions) => Effect.Effect<ReadonlyArray<Job>, StoreUnavailable>
  readonly events: (id: JobId, options?: FollowOptions) => Stream.Stream<Event, JobNotFound | StoreUnavailable>
  /**
   * What has happened and what happens, until the job has ended. It waits for a store that is away for less than half a
   * minute.
   */
  readonly follow: (id: JobId, options?: FollowOptions) => Stream.Stream<Event, JobNotFound | StoreUnavailable>
  /**
   * Asks for a job to stop: no further checkpoint is begun. Those that were begun come to their end. A job that no worker
   * has taken up ends at once.
   */
  readonly stop: (id: JobId, actor?: string) => Effect.Effect<Job, JobNotFound | StoreUnavailable>
  /** Deletes jobs that ended so long ago, with their events. Gives how many. */
  readonly prune: (options: { readonly olderThan: Duration.DurationInput }) => Effect.Effect<number, StoreUnavailable>
}

/**
 * Where jobs are kept, and how often a follower looks.
 *
 * @category models
 */
export interface Options {
  /** What the names of the tables begin with. Default: `checkpoint_permissions`. */
  readonly prefix?: string | undefined
  readonly pollInterval?: Duration.DurationInput | undefined
}

/**
 * @example
 * ```ts
 * import type { AccessPlan } from "@checkpoint-permissions/access"
 * import { Jobs } from "@checkpoint-permissions/cluster"
 * import { Console, Effect, Stream } from "effect"
 *
 * const applied = Effect.fn(function* (plan: AccessPlan.AccessPlan) {
 *   const jobs = yield* Jobs.Jobs
 *   const { job, joined } = yield* jobs.submit(plan, { actor: "release-bot", maxRevokes: 10 })
 *   yield* Console.log(joined ? `somebody submitted it already: job ${job.id}` : `job ${job.id}`)
 *   yield* Stream.runForEach(jobs.follow(job.id), ({ happening }) => Console.log(happening._tag))
 * })
 * ```
 *
 * @category tags
 */
export class Jobs extends Context.Tag("@checkpoint-permissions/cluster/Jobs")<Jobs, Service>() {}

/** Nobody waits for longer than a day for a single change. */
const deadlines = { apply: "7 days", audit: "7 days", grant: "1 day", revoke: "1 day" } as const

/** How often a follower tries to reach a store that is away, and for how long. */
const whileAway = Schedule.spaced("1 second").pipe(Schedule.upTo("30 seconds"))

/** Some events of a job, and whether there will be no more. */
interface Page {
  readonly some: ReadonlyArray<Event>
  readonly isOver: boolean
}

const make = (store: typeof Store.Service, { pollInterval = "1 second" }: Options): Service => {
  const found =
    (id: JobId) =>
    <E>(job: Effect.Effect<Option.Option<Job>, E>): Effect.Effect<Job, E | JobNotFound> =>
      Effect.flatMap(job, Option.match({ onNone: () => new JobNotFound({ id }), onSome: Effect.succeed }))

  const get: Service["get"] = (id) => rows.get(store, id).pipe(found(id), orUnavailable("to read a job"))

  const submitted = (job: Omit<NewJob, "actor" | "deadline">, { actor, deadline }: SubmitOptions) =>
    submit(store, {
      ...job,
      actor: actor ?? null,
      deadline: Math.ceil(Duration.toMillis(deadline ?? deadlines[job.kind]))
    }).pipe(orUnavailable("to submit a job"))

  /** A job about one checkpoint, or about several at which the same is done. */
  const same = (
    kind: "grant" | "revoke" | "audit",
    target: Target,
    checkpoints: ReadonlyArray<CheckpointId>,
    task: NewJob["tasks"][number]["task"],
    options: SubmitOptions
  ) => {
    const wanted = [...new Set(checkpoints)]
    const digest = digestOf(kind, wanted, "projects" in task ? task.projects : [])
    return submitted({ kind, target, digest, tasks: wanted.map((checkpoint) => ({ checkpoint, task })) }, options)
  }

  const stored = (id: JobId, last: number) =>
    Effect.map(events.after(store, id, last), (some): Page => ({ some, isOver: some.length === 0 }))

  /** Over when the job has ended, which is read first: its last event is there when it has. */
  const next = (id: JobId, last: number) =>
    Effect.zipWith(found(id)(rows.get(store, id)), stored(id, last), ({ state }, { isOver, some }) => ({
      some,
      isOver: isOver && state === "ended"
    })).pipe(
      Effect.retry({ schedule: whileAway, while: (error) => error._tag === "SqlError" }),
      Effect.tap(({ isOver, some }) => (some.length > 0 || isOver ? Effect.void : Effect.sleep(pollInterval)))
    )

  const pages =
    <E>(action: string, read: (id: JobId, last: number) => Effect.Effect<Page, E>) =>
    (id: JobId, { after = 0 }: FollowOptions = {}) =>
      Stream.paginateChunkEffect(after, (last) =>
        Effect.map(orUnavailable(action)(read(id, last)), ({ isOver, some }) => [
          Chunk.fromIterable(some),
          isOver ? Option.none<number>() : Option.some(some.at(-1)?.number ?? last)
        ])
      )

  return {
    submit: (plan, options) =>
      Effect.gen(function* () {
        yield* checkTerms(plan, options)
        const tasks = (yield* parts(plan)).flatMap((part) =>
          part.checkpoints.map(({ checkpoint }) => ({ checkpoint, task: { _tag: "Apply", plan: part } as const }))
        )
        return yield* submitted(
          {
            kind: "apply",
            target: targetOf(plan),
            digest: plan.policyDigest,
            plan: yield* sha256Of(plan),
            maxRevokes: options.maxRevokes,
            tasks
          },
          options
        )
      }),
    grant: (target, checkpoint, projects, options) =>
      same("grant", target, [checkpoint], { _tag: "Grant", projects: [...new Set(projects)] }, options),
    revoke: (target, checkpoint, projects, options) =>
      same("revoke", target, [checkpoint], { _tag: "Revoke", projects }, options),
    audit: (target, checkpoints, options) => same("audit", target, checkpoints, { _tag: "Audit" }, options),
    get,
    list: ({ active, limit = 100 } = {}) => orUnavailable("to list jobs")(rows.list(store, { active, limit })),
    events: (id, options) => Stream.unwrap(Effect.as(get(id), pages("to read events", stored)(id, options))),
    follow: pages("to follow a job", next),
    stop: (id, actor) => rows.stop(store, id, actor ?? null).pipe(found(id), orUnavailable("to stop a job")),
    prune: ({ olderThan }) => orUnavailable("to prune jobs")(prune(store, Math.ceil(Duration.toMillis(olderThan))))
  }
}

/**
 * The jobs of a database. Makes the tables if they are not there, and fails if they are of another version.
 *
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<Jobs, OpenError, SqlClient.SqlClient> =>
  Layer.effect(
    Jobs,
    Effect.map(Store, (opened) => make(opened, options))
  ).pipe(Layer.provide(store.layer(options.prefix)))
