import type { PermissionPage } from "@checkpoint-permissions/core/Permission"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import type * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Listing } from "./listing.ts"

type Next = Exit.Exit<Option.Option<PermissionPage>, PermissionsError>

/** No more than `prefetch` pages are asked for or held beyond the one that was taken last. */
const ahead = (next: Listing["next"], prefetch: number) => {
  const held: Array<Next> = []
  /** Pages asked for or held. */
  let asked = 0
  const room = Effect.unsafeMakeLatch(true)
  const arrived = Effect.unsafeMakeLatch(false)
  const fetch: Effect.Effect<void> = Effect.flatMap(room.await, () => {
    asked += 1
    if (asked === prefetch) room.unsafeClose()
    return Effect.flatMap(Effect.exit(next), (exit) => {
      held.push(exit)
      arrived.unsafeOpen()
      return exit._tag === "Success" && Option.isSome(exit.value) ? fetch : Effect.void
    })
  })
  const take: Listing["next"] = Effect.suspend(() => {
    const exit = held.shift()
    if (exit === undefined) {
      arrived.unsafeClose()
      return Effect.zipRight(arrived.await, take)
    }
    asked -= 1
    room.unsafeOpen()
    return exit
  })
  return { fetch, take }
}

/**
 * A listing as a stream, with a chunk of each page. A failure is seen where it
 * stands in the listing, however early it was known.
 *
 * By hand, with two latches: a queue and a semaphore take nearly twice the steps
 * of Effect's runtime for each page.
 */
export const stream = <A>(
  listing: Effect.Effect<Listing, PermissionsError>,
  prefetch: number,
  chunkOf: (page: PermissionPage) => Chunk.Chunk<A>
): Stream.Stream<A, PermissionsError> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      let { next } = yield* listing
      if (prefetch > 0) {
        const { fetch, take } = ahead(next, prefetch)
        yield* Effect.forkScoped(fetch)
        next = take
      }
      return Stream.repeatEffectChunkOption(
        Effect.matchEffect(next, {
          onFailure: (error) => Effect.fail(Option.some(error)),
          onSuccess: (page) => (Option.isSome(page) ? Effect.succeed(chunkOf(page.value)) : Effect.fail(Option.none()))
        })
      )
    })
  )
