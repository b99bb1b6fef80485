/** The worker of a job, and who finds new ones. */
import * as CircuitBreaker from "@checkpoint-permissions/access/CircuitBreaker"
import * as Entity from "@effect/cluster/Entity"
import * as Singleton from "@effect/cluster/Singleton"
import * as Chunk from "effect/Chunk"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { JobId, Kind } from "../../Job.ts"
import { jobEntityOf } from "../rules/target.ts"
import { active, end, start } from "../store/jobs.ts"
import type { Service as Store } from "../store/store.ts"
import { goesOn, type Open, open } from "../store/tasks.ts"
import { untilReached } from "./again.ts"
import { CheckpointEntity, JobEntity, type Report } from "./entities.ts"
import { FreshLocks } from "./freshLocks.ts"

/** The checkpoints of a job that are worked on at the same time. All others are rows. */
const outstanding = 8

const openTasks = (store: Store, job: JobId): Stream.Stream<Open> =>
  Stream.paginateChunkEffect(-1, (after) =>
    Effect.map(untilReached("to read a job")(open(store, job, after)), (some) => [
      Chunk.fromIterable(some),
      Option.map(Option.fromNullable(some.at(-1)), ({ position }) => position)
    ])
  )

const outcomeOf = ({ asked, error }: Report): CircuitBreaker.Outcome => error ?? (asked ? "answered" : "not asked")

export const layer = (store: Store, worker: string) =>
  JobEntity.toLayer(
    Effect.gen(function* () {
      const { shardId } = yield* Entity.CurrentAddress
      const { whileFresh } = yield* FreshLocks
      const checkpoint = yield* CheckpointEntity.client
      const gate = whileFresh(shardId)

      /** Hands out what is left of a job. Gives the error that ended it, if one did. */
      const pass = (job: JobId): Effect.Effect<string | undefined> =>
        Effect.gen(function* () {
          let breaker = CircuitBreaker.closed
          let failure: string | undefined
          let isOver = false
          const one = ({ attempt, entity, position }: Open) =>
            Effect.gen(function* () {
              if (isOver || failure !== undefined) return
              yield* gate
              isOver = !(yield* untilReached("to read a job")(goesOn(store, job)))
              if (isOver) return
              const once = CircuitBreaker.next(breaker) === "once"
              const report = yield* checkpoint(entity)
                .work({ job, position, attempt, once })
                .pipe(untilReached("to hand out a checkpoint"))
              breaker = CircuitBreaker.afterCheckpoint(breaker, outcomeOf(report))
              const { error } = report
              if (error === undefined) return
              if (CircuitBreaker.isFatal(error) || CircuitBreaker.next(breaker) === "end") failure ??= error.message
            })
          yield* Stream.runDrain(
            Stream.mapEffect(openTasks(store, job), one, { concurrency: outstanding, unordered: true })
          )
          return failure
        })

      /** Works on a job until it has ended: a row may be left over by a worker that was lost. */
      const work = (job: JobId): Effect.Effect<void> =>
        Effect.gen(function* () {
          const failure = yield* pass(job)
          yield* gate
          const outcome = yield* untilReached("to end a job")(end(store, job, failure))
          if (Option.isNone(outcome)) yield* Effect.zipRight(Effect.sleep("1 second"), work(job))
        })

      return {
        run: ({ payload: { job } }) =>
          gate.pipe(
            Effect.zipRight(untilReached("to start a job")(start(store, job, worker))),
            Effect.zipRight(work(job))
          )
      }
    })
  )

/**
 * One worker of each scope looks for active jobs, and sends each to its entity. A message that is there already is not
 * stored again. So whoever submits a job stores rows and nothing else.
 */
export const dispatcher = (
  store: Store,
  scope: string,
  pollInterval: Duration.DurationInput,
  only: ReadonlyArray<Kind> | undefined
) =>
  Singleton.make(
    "checkpoint-permissions/dispatcher",
    Effect.gen(function* () {
      const job = yield* JobEntity.client
      let known: ReadonlySet<number> = new Set()
      const look = Effect.gen(function* () {
        const ids = yield* active(store, scope, only)
        for (const id of ids) {
          if (!known.has(id)) yield* job(jobEntityOf(scope, id)).run({ job: id }, { discard: true })
        }
        known = new Set(ids)
      })
      yield* Effect.repeat(untilReached("to look for jobs")(look), Schedule.spaced(pollInterval))
    }),
    { shardGroup: scope }
  )
