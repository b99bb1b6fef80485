/** A listing of `protocol/listing` as a stream. */
import { fromFailure, toFailure } from "@checkpoint-permissions/core/PermissionsError"
import * as listing from "@checkpoint-permissions/protocol/listing"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { YieldWrap } from "effect/Utils"
import type { ListError, ListingError } from "../service.ts"

export interface Options<P extends listing.Page, A> {
  readonly start: Effect.Effect<listing.Step<P>, ListError>
  /** Sends one request of the listing. */
  readonly ask: (ask: listing.Ask<P>) => Effect.Effect<P, ListError>
  /** Fails with what the listing found. */
  readonly fail: <E>(error: E) => Effect.Effect<never, E>
  /** Whether the next page is requested while one is consumed, from the second on. */
  readonly prefetch: boolean
  readonly itemsOf: (page: P) => ReadonlyArray<A>
}

export const stream = <P extends listing.Page, A>({
  ask,
  fail,
  itemsOf,
  prefetch,
  start
}: Options<P, A>): Stream.Stream<A, ListingError> => {
  type Step = listing.Step<P>
  type Page = Effect.Effect<listing.Emit<P>, ListingError>

  const calls: listing.Calls<YieldWrap<Effect.Effect<unknown, ListingError>>, P, ListError> = {
    ask: (step) =>
      Effect.match(ask(step), {
        onFailure: (error) => ({ error, failure: toFailure(error) }),
        onSuccess: (page) => ({ page })
      }),
    fail: (failed) => {
      if ("error" in failed) return Effect.fail(failed.error)
      const error = fromFailure(failed)
      // a list meets no conflict
      return error._tag === "ConflictError" ? Effect.die(error) : fail(error)
    }
  }
  const advance = (step: Step): Page => Effect.gen(() => listing.advance(step, calls))

  return Stream.unwrapScoped(
    Effect.map(Effect.scope, (scope) => {
      const nextOf = (then: Step | undefined): Effect.Effect<Option.Option<Page>> => {
        if (then === undefined) return Effect.succeedNone
        if (!(prefetch && listing.mayPrefetch(then))) return Effect.succeedSome(advance(then))
        // interruptible, so that a stream can be left in an uninterruptible region too
        return Effect.map(Effect.forkIn(Effect.interruptible(Effect.exit(advance(then))), scope), (fiber) =>
          Option.some(Effect.flatten(Fiber.join(fiber)))
        )
      }
      return Stream.paginateChunkEffect(Effect.flatMap(start, advance), (page) =>
        Effect.flatMap(page, ({ emit, then }) =>
          Effect.map(nextOf(then), (next) => [Chunk.unsafeFromArray(itemsOf(emit)), next] as const)
        )
      )
    })
  )
}
