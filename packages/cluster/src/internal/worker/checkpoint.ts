/** The writer of a checkpoint. */
import { beforeRequests } from "@checkpoint-permissions/client/CheckpointPermissions"
import * as RetryPolicy from "@checkpoint-permissions/client/RetryPolicy"
import * as Entity from "@effect/cluster/Entity"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import { begin, finish, type Place } from "../store/tasks.ts"
import { untilReached } from "./again.ts"
import { CheckpointEntity } from "./entities.ts"
import { FreshLocks } from "./freshLocks.ts"
import { type Context, perform } from "./perform.ts"

/** An entity without messages is forgotten soon: a job of ten thousand checkpoints would keep them all otherwise. */
const maxIdleTime = "5 seconds"

export const layer = (context: Context, worker: string) =>
  CheckpointEntity.toLayer(
    Effect.gen(function* () {
      const { shardId } = yield* Entity.CurrentAddress
      const { isShardFresh, whileFresh } = yield* FreshLocks
      const gate = { open: () => whileFresh(shardId), isOpen: () => isShardFresh(shardId) }

      /** One turn. Fails when the store was away for a while, or when another worker has had a turn meanwhile. */
      const turn = (place: Place, once: boolean) =>
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
          return finished ? { asked: true, error } : yield* Option.none()
        })

      return {
        work: ({ payload: { job, once, position } }) => Effect.eventually(turn({ job, position }, once))
      }
    }),
    { maxIdleTime }
  )
