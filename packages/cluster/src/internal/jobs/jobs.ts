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
import { JobNotFound } from "../../StoreError.ts"
import { digestOf, targetOf } from "../rules/target.ts"
import * as events from "../store/events.ts"
import * as rows from "../store/jobs.ts"
import { prune } from "../store/prune.ts"
import { orUnavailable, type Service as Store } from "../store/store.ts"
import { type NewJob, submit } from "../store/submit.ts"
import * as Task from "../task.ts"
import type { FollowOptions, Options, PlanOptions, Service, SubmitOptions } from "./model.ts"

/** Nobody waits for longer than a day for a single change. */
const deadlines = { apply: "7 days", audit: "7 days", grant: "1 day", revoke: "1 day" } as const

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

export const make = (store: Store, options: Options): Service => {
  const pollInterval = options.pollInterval ?? "1 second"

  const found = (id: JobId, job: Option.Option<Job>): Effect.Effect<Job, JobNotFound> =>
    Option.match(job, { onNone: () => new JobNotFound({ id }), onSome: Effect.succeed })

  const get: Service["get"] = (id) =>
    Effect.flatMap(orUnavailable("to read a job")(rows.get(store, id)), (job) => found(id, job))

  const submitted = (job: Omit<NewJob, "actor" | "deadline">, { actor, deadline }: SubmitOptions) =>
    submit(store, {
      ...job,
      actor: actor ?? null,
      deadline: Math.ceil(Duration.toMillis(deadline ?? deadlines[job.kind]))
    }).pipe(orUnavailable("to submit a job"))

  /** The next events of a job; they are over where there are none. */
  const stored = (id: JobId, last: number) =>
    Effect.map(events.after(store, id, last), (some) => ({ some, isOver: some.length === 0 }))

  /** The same until the job has ended, which is read first: its last event is there when it has. */
  const next = (id: JobId, last: number) =>
    Effect.gen(function* () {
      const job = yield* Effect.flatMap(rows.get(store, id), (row) => found(id, row))
      const { isOver, some } = yield* stored(id, last)
      return { some, isOver: isOver && job.state === "ended" }
    }).pipe(
      Effect.retry({ schedule: whileAway, while: (error) => error._tag === "SqlError" }),
      Effect.tap(({ isOver, some }) => (some.length > 0 || isOver ? Effect.void : Effect.sleep(pollInterval)))
    )

  const pages =
    <E>(
      action: string,
      read: (
        id: JobId,
        last: number
      ) => Effect.Effect<{ readonly some: ReadonlyArray<Event>; readonly isOver: boolean }, E>
    ) =>
    (id: JobId, { after = 0 }: FollowOptions = {}) =>
      Stream.paginateChunkEffect(after, (last) =>
        Effect.map(orUnavailable(action)(read(id, last)), ({ isOver, some }) => [
          Chunk.fromIterable(some),
          isOver ? Option.none<number>() : Option.some(some.at(-1)?.number ?? last)
        ])
      )

  return {
    submit: (plan, submitOptions) =>
      Effect.gen(function* () {
        yield* unlessRefused(plan, submitOptions)
        const parts = yield* Task.partsOf(plan)
        return yield* submitted(
          {
            kind: "apply",
            target: targetOf(plan),
            digest: plan.policyDigest,
            plan: yield* sha256Of(plan),
            maxRevokes: submitOptions.maxRevokes,
            tasks: parts.flatMap((part) =>
              part.checkpoints.map(({ checkpoint }) => ({ checkpoint, task: { _tag: "Apply", plan: part } }))
            )
          },
          submitOptions
        )
      }),
    grant: (target, checkpoint, projects, submitOptions) =>
      Effect.flatMap(DateTime.now, (now) => {
        const plan = Task.planOfGrant(target, checkpoint, projects, now)
        const tasks = [{ checkpoint, task: { _tag: "Apply", plan } }] as const
        return submitted({ kind: "grant", target, digest: plan.policyDigest, tasks }, submitOptions)
      }),
    revoke: (target, checkpoint, projects, submitOptions) => {
      const tasks = [{ checkpoint, task: { _tag: "Revoke", projects } }] as const
      const digest = digestOf("revoke", [checkpoint], projects)
      return submitted({ kind: "revoke", target, digest, tasks }, submitOptions)
    },
    audit: (target, checkpoints, submitOptions) => {
      const wanted = [...new Set(checkpoints)]
      const tasks = wanted.map((checkpoint) => ({ checkpoint, task: { _tag: "Audit" } }) as const)
      return submitted({ kind: "audit", target, digest: digestOf("audit", wanted, []), tasks }, submitOptions)
    },
    get,
    list: ({ active, limit = 100 } = {}) => orUnavailable("to list jobs")(rows.list(store, { active, limit })),
    events: (id, followOptions) =>
      Stream.unwrap(Effect.as(get(id), pages("to read events", stored)(id, followOptions))),
    follow: pages("to follow a job", next),
    stop: (id, actor) =>
      Effect.flatMap(orUnavailable("to stop a job")(rows.stop(store, id, actor ?? null)), (job) => found(id, job)),
    prune: ({ olderThan }) => orUnavailable("to prune jobs")(prune(store, Math.ceil(Duration.toMillis(olderThan))))
  }
}
