/** The writer of a checkpoint. */
import type { JournalFailed } from "@checkpoint-permissions/access/Journal"
import { beforeRequests, type CheckpointPermissions } from "@checkpoint-permissions/client/CheckpointPermissions"
import * as RetryPolicy from "@checkpoint-permissions/client/RetryPolicy"
import * as Entity from "@effect/cluster/Entity"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import { begin, finish, type Place } from "../store/tasks.ts"
import { untilReached } from "./again.ts"
import { CheckpointEntity, type Report } from "./entities.ts"
import { FreshLocks } from "./freshLocks.ts"
import { type Context, perform } from "./perform.ts"

/** An entity without messages is forgotten soon: a job of ten thousand checkpoints would keep them all otherwise. */
const maxIdleTime = "5 seconds"

/** Another worker has had a turn meanwhile. */
class Overtaken extends Data.TaggedError("Overtaken") {}

export const layer = (context: Context, worker: string) =>
  CheckpointEntity.toLayer(
    Effect.gen(function* () {
      const { shardId } = yield* Entity.CurrentAddress
      const { isShardFresh, whileFresh } = yield* FreshLocks
      const gate = { open: () => whileFresh(shardId), isOpen: () => isShardFresh(shardId) }

      /** One turn, to be begun again whenever it fails: when the store was away for a while, or with `Overtaken`. */
      const turn = (
        place: Place,
        once: boolean
      ): Effect.Effect<Report, JournalFailed | Overtaken, CheckpointPermissions> =>
        Effect.gen(function* () {
          yield* gate.open()
          const decision = yield* untilReached("to begin a checkpoint")(begin(context.store, place, worker))
          if (decision._tag !== "Do") return { asked: false }
          const { begun } = decision
          const { complete, error, last } = yield* perform(context, begun).pipe(
            once ? RetryPolicy.withRetryPolicy(RetryPolicy.none) : identity,
            beforeRequests(gate),
            Effect.tapErrorTag("JournalFailed", ({ message }) =>
              Effect.zipRight(Effect.logWarning(message), Effect.sleep("1 second"))
            )
          )
          const finished = yield* untilReached("to finish a checkpoint")(finish(context.store, begun, complete, last))
          return finished ? { asked: true, error } : yield* new Overtaken()
        })

      return {
        work: ({ payload: { job, once, position } }) => Effect.eventually(turn({ job, position }, once))
      }
    }),
    { maxIdleTime }
  )
