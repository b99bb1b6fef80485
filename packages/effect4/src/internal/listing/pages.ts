/** A listing of `protocol/listing` as a stream. */
import * as listing from "@checkpoint-permissions/protocol/listing"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { fromFailure, toFailure } from "../../PermissionsError.ts"
import type { ListError, ListingError } from "../service.ts"

export interface Options<P extends listing.Page, A> {
  readonly start: Effect.Effect<listing.Step<P>, ListError>
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

  const calls: listing.Calls<Effect.Effect<unknown, ListingError>, P, Cause.Cause<ListError>> = {
    ask: (step) =>
      ask(step).pipe(
        Effect.map((page) => ({ page })),
        Effect.catchCauseFilter(Cause.findError, (error, cause) =>
          Effect.succeed({ error: cause, failure: toFailure(error) })
        )
      ),
    fail: (failed) => {
      // the cause has where the request was made
      if ("error" in failed) return Effect.failCause(failed.error)
      const error = fromFailure(failed)
      // a list meets no conflict
      return error._tag === "ConflictError" ? Effect.die(error) : fail(error)
    }
  }
  const advance = (step: Step): Page => Effect.gen(() => listing.advance(step, calls))

  return Stream.unwrap(
    Effect.map(Effect.scope, (scope) => {
      const nextOf = (then: Step | undefined): Effect.Effect<Option.Option<Page>> => {
        if (then === undefined) return Effect.succeedNone
        if (!(prefetch && listing.mayPrefetch(then))) return Effect.succeedSome(advance(then))
        return Effect.map(Effect.forkIn(advance(then), scope, { startImmediately: true }), (fiber) =>
          Option.some(Fiber.join(fiber))
        )
      }
      return Stream.paginate(Effect.flatMap(start, advance), (page) =>
        Effect.flatMap(page, ({ emit, then }) => Effect.map(nextOf(then), (next) => [itemsOf(emit), next] as const))
      )
    })
  )
}
