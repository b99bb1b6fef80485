import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"

/** What a transport finds in the fiber that it runs in. */
export interface Surroundings {
  readonly context: Context.Context<never>
  /** Headers whose values are not written down. */
  readonly hidden: ReadonlyArray<string | RegExp>
  /** Whether the platform makes no span of a request. */
  readonly isUntraced: (request: HttpClientRequest.HttpClientRequest) => boolean
}

const put = ({ context, hidden, isUntraced }: Surroundings): Effect.Effect<void> =>
  Effect.updateFiberRefs((id, refs) =>
    FiberRefs.updateManyAs(refs, {
      entries: [
        [FiberRef.currentContext, [[id, context]]],
        [Headers.currentRedactedNames, [[id, hidden]]],
        [HttpClient.currentTracerDisabledWhen, [[id, isUntraced]]]
      ]
    })
  )

/** Runs an effect in other surroundings, and puts back what there was. All in one step. */
export const within = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  change: (before: Surroundings) => Surroundings
): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.withFiberRuntime<A, E, R>((fiber) => {
      const before: Surroundings = {
        context: fiber.currentContext,
        hidden: fiber.getFiberRef(Headers.currentRedactedNames),
        isUntraced: fiber.getFiberRef(HttpClient.currentTracerDisabledWhen)
      }
      const putBack = put(before)
      return Effect.zipRight(
        put(change(before)),
        Effect.matchCauseEffect(restore(effect), {
          onFailure: (cause) => Effect.zipRight(putBack, Effect.failCause(cause)),
          onSuccess: (value) => Effect.as(putBack, value)
        })
      )
    })
  )
