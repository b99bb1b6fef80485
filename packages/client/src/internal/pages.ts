import type { PermissionPage } from "@checkpoint-permissions/core/Permission"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { Listing } from "./listing.ts"

type Next = Exit.Exit<Option.Option<PermissionPage>, PermissionsError>

const orEnd = <E>(next: Effect.Effect<Option.Option<PermissionPage>, E>) =>
  Effect.flatMap(Effect.mapError(next, Option.some), Effect.mapError(Option.none))

/**
 * A listing as a stream of pages. No more than `prefetch` pages are asked for
 * or held beyond the one that the consumer has; a failure is seen where it
 * stands in the listing, not before.
 */
export const stream = (
  listing: Effect.Effect<Listing, PermissionsError>,
  prefetch: number
): Stream.Stream<PermissionPage, PermissionsError> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const { next } = yield* listing
      if (prefetch === 0) return Stream.repeatEffectOption(orEnd(next))
      const queue = yield* Queue.unbounded<Next>()
      const room = yield* Effect.makeSemaphore(prefetch)
      yield* room.take(1).pipe(
        Effect.zipRight(Effect.exit(next)),
        Effect.tap((exit) => Queue.offer(queue, exit)),
        Effect.repeat({ while: (exit) => exit._tag === "Success" && Option.isSome(exit.value) }),
        Effect.forkScoped
      )
      return Stream.repeatEffectOption(
        Queue.take(queue).pipe(
          Effect.tap(() => room.release(1)),
          Effect.flatMap((exit) => orEnd(exit))
        )
      )
    })
  )
