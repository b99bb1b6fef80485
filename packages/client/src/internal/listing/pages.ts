/** A listing of `protocol/listing` as a stream. */

import type { PermissionPage } from "@checkpoint-permissions/core/Permission"
import { fromFailure, type PermissionsError, toFailure } from "@checkpoint-permissions/core/PermissionsError"
import * as listing from "@checkpoint-permissions/protocol/listing"
import type * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

type Step = listing.Step<PermissionPage>
type Ask = Extract<Step, { readonly ask: unknown }>
type Emit = Extract<Step, { readonly emit: unknown }>

export interface Options<A> {
  readonly start: Effect.Effect<Step, PermissionsError>
  /** Sends one request of the listing. */
  readonly ask: (ask: Ask) => Effect.Effect<PermissionPage, PermissionsError>
  /** Whether the next page is requested while one is consumed, from the second on. */
  readonly prefetch: boolean
  readonly chunkOf: (page: PermissionPage) => Chunk.Chunk<A>
  /** A page that was asked for came. */
  readonly onPage: (ask: Ask) => void
}

/** A page that is still to come, as a position in the listing. */
interface Next {
  readonly page: Effect.Effect<Emit, PermissionsError>
  readonly isFirst: boolean
}

export const stream = <A>({
  ask,
  chunkOf,
  onPage,
  prefetch,
  start
}: Options<A>): Stream.Stream<A, PermissionsError> => {
  /** Sends requests until a page can be emitted. */
  const advance = (step: Step): Effect.Effect<Emit, PermissionsError> => {
    if ("fail" in step) return Effect.fail(fromFailure(step.fail))
    if ("emit" in step) return Effect.succeed(step)
    return Effect.matchEffect(ask(step), {
      onFailure: (error) => {
        const next = listing.onFailure(step.state, toFailure(error))
        return "fail" in next ? Effect.fail(error) : advance(next)
      },
      onSuccess: (page) => {
        onPage(step)
        return advance(listing.onPage(step.state, page))
      }
    })
  }

  return Stream.unwrapScoped(
    Effect.map(Effect.scope, (scope) => {
      const nextOf = (then: Step | undefined, isFirst: boolean): Effect.Effect<Option.Option<Next>> => {
        if (then === undefined) return Effect.succeedNone
        if (isFirst || !prefetch) return Effect.succeedSome({ page: advance(then), isFirst: false })
        // interruptible, so that a stream can be left in an uninterruptible region too
        return Effect.map(Effect.forkIn(Effect.interruptible(Effect.exit(advance(then))), scope), (fiber) =>
          Option.some({ page: Effect.flatten(Fiber.join(fiber)), isFirst: false })
        )
      }
      const first: Next = { page: Effect.flatMap(start, advance), isFirst: true }
      return Stream.paginateChunkEffect(first, ({ isFirst, page }) =>
        Effect.flatMap(page, ({ emit, then }) =>
          Effect.map(nextOf(then, isFirst), (next) => [chunkOf(emit), next] as const)
        )
      )
    })
  )
}
