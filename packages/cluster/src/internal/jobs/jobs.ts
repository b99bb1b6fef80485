/** What callers do with jobs. */

import type { AccessPlan } from "@checkpoint-permissions/access/AccessPlan"
import { PlanRefused, sha256Of } from "@checkpoint-permissions/access/AccessPlan"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { Event, Job, JobId } from "../../Job.ts"
import { JobNotFound, type StoreUnavailable } from "../../StoreError.ts"
import { digestOf } from "../rules/target.ts"
import * as events from "../store/events.ts"
import * as rows from "../store/jobs.ts"
import { prune } from "../store/prune.ts"
import { orUnavailable, type Service as Store } from "../store/store.ts"
import { type NewJob, submit } from "../store/submit.ts"
import * as Task from "../task.ts"
import type { FollowOptions, Options, PlanOptions, Service, SubmitOptions, Submitted } from "./model.ts"

const planDeadline = "7 days"

/** Nobody waits for longer for a single change. */
const changeDeadline = "1 day"

/** How often a follower tries to reach a store that is away, and for how long. */
const whileAway = Schedule.spaced("1 second").pipe(Schedule.upTo("30 seconds"))

const rounded = (duration: Duration.Duration): string =>
  Duration.format(Duration.seconds(Math.round(Duration.toSeconds(duration))))

/** Whether a plan may be submitted now, with these options. */
const unlessRefused = Effect.fnUntraced(function* (plan: AccessPlan, options: PlanOptions) {
  if (options.policyDigest !== undefined && options.policyDigest !== plan.policyDigest) {
    const detail = `it was made from another policy (${plan.policyDigest}): make it anew`
    return yield* new PlanRefused({ reason: "policy", detail })
  }
  const age = DateTime.distanceDuration(plan.createdAt, yield* DateTime.now)
  const maxAge = Duration.decode(options.maxAge ?? "1 day")
  if (Duration.greaterThan(age, maxAge)) {
    const detail = `it is ${rounded(age)} old, more than ${rounded(maxAge)}: make it anew`
    return yield* new PlanRefused({ reason: "age", detail })
  }
  if (options.maxRevokes !== undefined && plan.counts.revokes > options.maxRevokes) {
    const detail = `it revokes ${plan.counts.revokes} permissions, more than the limit of ${options.maxRevokes}`
    return yield* new PlanRefused({ reason: "revokes", detail })
  }
})

const common = ({ actor, deadline }: SubmitOptions, otherwise: Duration.DurationInput) => ({
  actor: actor ?? null,
  deadline: Math.ceil(Duration.toMillis(deadline ?? otherwise))
})

export const make = (store: Store, options: Options): Service => {
  const pollInterval = options.pollInterval ?? "1 second"

  const found = (id: JobId, job: Option.Option<Job>): Effect.Effect<Job, JobNotFound> =>
    Option.match(job, { onNone: () => new JobNotFound({ id }), onSome: Effect.succeed })

  const get: Service["get"] = (id) =>
    Effect.flatMap(orUnavailable("to read a job")(rows.get(store, id)), (job) => found(id, job))

  const submitted = (job: NewJob): Effect.Effect<Submitted, StoreUnavailable> =>
    Effect.gen(function* () {
      const { id, joined } = yield* submit(store, job)
      const [row] = Option.toArray(yield* rows.get(store, id))
      // Ended and pruned since.
      return row === undefined ? yield* submitted(job) : { job: row, joined }
    }).pipe(orUnavailable("to submit a job"))

  const tasksOf = <A extends { readonly checkpoint: string; readonly task: Task.Task }>(tasks: ReadonlyArray<A>) =>
    Effect.forEach(tasks, ({ checkpoint, task }) =>
      Effect.map(Task.encode(task), (encoded) => ({ checkpoint, task: encoded }))
    )

  const stored = (id: JobId, { after = 0 }: FollowOptions = {}): Stream.Stream<Event, StoreUnavailable> =>
    Stream.paginateChunkEffect(after, (last) =>
      Effect.map(orUnavailable("to read events")(events.after(store, id, last)), (some) => [
        Chunk.fromIterable(some),
        Option.map(Option.fromNullable(some.at(-1)), ({ number }) => number)
      ])
    )

  /**
   * The next events of a job, none if it has ended. The job is read first: its last event is there when it has ended.
   */
  const next = (id: JobId, last: number) =>
    Effect.gen(function* () {
      const job = yield* Effect.flatMap(rows.get(store, id), (row) => found(id, row))
      const some = yield* events.after(store, id, last)
      return { some, isOver: some.length === 0 && job.state === "ended" }
    }).pipe(Effect.retry({ schedule: whileAway, while: (error) => error._tag === "SqlError" }))

  const following = (id: JobId, { after = 0 }: FollowOptions = {}) =>
    Stream.paginateChunkEffect(after, (last) =>
      next(id, last).pipe(
        orUnavailable("to follow a job"),
        Effect.tap(({ isOver, some }) => (some.length > 0 || isOver ? Effect.void : Effect.sleep(pollInterval))),
        Effect.map(({ isOver, some }) => [
          Chunk.fromIterable(some),
          isOver ? Option.none<number>() : Option.some(some.at(-1)?.number ?? last)
        ])
      )
    )

  return {
    submit: (plan, submitOptions) =>
      Effect.gen(function* () {
        yield* unlessRefused(plan, submitOptions)
        const parts = (yield* Task.partsOf(plan)).flatMap((part) =>
          part.checkpoints.map(({ checkpoint }) => ({ checkpoint, task: { _tag: "Apply" as const, plan: part } }))
        )
        const { apiUrl, organization } = plan
        return yield* submitted({
          kind: "apply",
          target: { apiUrl, ...(organization === undefined ? {} : { organization }) },
          digest: plan.policyDigest,
          plan: yield* sha256Of(plan),
          maxRevokes: submitOptions.maxRevokes,
          ...common(submitOptions, planDeadline),
          tasks: yield* tasksOf(parts)
        })
      }),
    grant: (target, checkpoint, projects, submitOptions) =>
      Effect.gen(function* () {
        const plan = Task.planOfGrant(target, checkpoint, projects, yield* DateTime.now)
        return yield* submitted({
          kind: "grant",
          target,
          digest: plan.policyDigest,
          ...common(submitOptions, changeDeadline),
          tasks: yield* tasksOf([{ checkpoint, task: { _tag: "Apply", plan } }])
        })
      }),
    revoke: (target, checkpoint, projects, submitOptions) =>
      Effect.gen(function* () {
        return yield* submitted({
          kind: "revoke",
          target,
          digest: digestOf("revoke", [checkpoint], projects),
          ...common(submitOptions, changeDeadline),
          tasks: yield* tasksOf([{ checkpoint, task: { _tag: "Revoke", projects } }])
        })
      }),
    audit: (target, checkpoints, submitOptions) =>
      Effect.gen(function* () {
        const wanted = [...new Set(checkpoints)]
        return yield* submitted({
          kind: "audit",
          target,
          digest: digestOf("audit", wanted, []),
          ...common(submitOptions, planDeadline),
          tasks: yield* tasksOf(wanted.map((checkpoint) => ({ checkpoint, task: { _tag: "Audit" as const } })))
        })
      }),
    get,
    list: ({ active, limit = 100 } = {}) => orUnavailable("to list jobs")(rows.list(store, { active, limit })),
    events: (id, followOptions) => Stream.unwrap(Effect.as(get(id), stored(id, followOptions))),
    follow: (id, followOptions) => following(id, followOptions),
    stop: (id, actor) =>
      Effect.flatMap(orUnavailable("to stop a job")(rows.stop(store, id, actor ?? null)), (job) => found(id, job)),
    prune: ({ olderThan }) => orUnavailable("to prune jobs")(prune(store, Math.ceil(Duration.toMillis(olderThan))))
  }
}
