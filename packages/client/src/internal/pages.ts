import type { PermissionPage } from "@checkpoint-permissions/core/Permission"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import type * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Listing } from "./listing.ts"

type Next = Exit.Exit<Option.Option<PermissionPage>, PermissionsError>

/**
 * Where a fiber waits until another one wakes it. It does not begin to wait when what
 * it waits for has come: fibers may take turns between the question and the wait.
 */
const waitingPlace = (hasCome: () => boolean) => {
  let resume: (() => void) | undefined
  return {
    wait: Effect.async<void>((woken) => {
      if (hasCome()) return woken(Effect.void)
      resume = () => woken(Effect.void)
      return Effect.sync(() => {
        resume = undefined
      })
    }),
    wake: () => {
      const waiting = resume
      resume = undefined
      waiting?.()
    }
  }
}

/** No more than `prefetch` pages are asked for or held beyond the one that was taken last. */
const ahead = (next: Listing["next"], prefetch: number) => {
  const held: Array<Next> = []
  /** Pages asked for or held. */
  let asked = 0
  const producer = waitingPlace(() => asked < prefetch)
  const consumer = waitingPlace(() => held.length > 0)
  const fetch: Effect.Effect<void> = Effect.suspend(() => {
    if (asked === prefetch) return Effect.zipRight(producer.wait, fetch)
    asked += 1
    return Effect.flatMap(Effect.exit(next), (exit) => {
      held.push(exit)
      consumer.wake()
      return exit._tag === "Success" && Option.isSome(exit.value) ? fetch : Effect.void
    })
  })
  const take: Listing["next"] = Effect.suspend(() => {
    const exit = held.shift()
    if (exit === undefined) return Effect.zipRight(consumer.wait, take)
    asked -= 1
    producer.wake()
    return exit
  })
  return { fetch, take }
}

/**
 * A listing as a stream, with a chunk of each page. A failure is seen where it
 * stands in the listing, however early it was known.
 *
 * By hand: a queue and a semaphore take several times the steps of Effect's
 * runtime for each page.
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
