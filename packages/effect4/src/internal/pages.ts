/** A listing of `protocol/listing` as a stream. */
import * as listing from "@checkpoint-permissions/protocol/listing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { PermissionPage } from "../Permission.ts"
import { fromFailure, type PermissionsError, toFailure } from "../PermissionsError.ts"

type Step = listing.Step<PermissionPage>
type Ask = Extract<Step, { readonly ask: unknown }>
type Emit = Extract<Step, { readonly emit: unknown }>

export interface Options<A> {
  readonly start: Effect.Effect<Step, PermissionsError>
  /** Sends one request of the listing. */
  readonly ask: (ask: Ask) => Effect.Effect<PermissionPage, PermissionsError>
  /** Whether the next page is requested while one is consumed, from the second on. */
  readonly prefetch: boolean
  readonly itemsOf: (page: PermissionPage) => ReadonlyArray<A>
  /** A page that was asked for came. */
  readonly onPage: (ask: Ask) => void
}

/** A page that is still to come, as a position in the listing. */
interface Next {
  readonly page: Effect.Effect<Emit, PermissionsError>
  readonly isFirst: boolean
}

export const stream = <A>(options: Options<A>): Stream.Stream<A, PermissionsError> => {
  /** Sends requests until a page can be emitted. */
  const advance = (step: Step): Effect.Effect<Emit, PermissionsError> => {
    if ("fail" in step) return Effect.fail(fromFailure(step.fail))
    if ("emit" in step) return Effect.succeed(step)
    return Effect.matchEffect(options.ask(step), {
      onFailure: (error) => {
        const next = listing.onFailure(step.state, toFailure(error))
        return "fail" in next ? Effect.fail(error) : advance(next)
      },
      onSuccess: (page) => {
        options.onPage(step)
        return advance(listing.onPage(step.state, page))
      }
    })
  }

  return Stream.unwrap(
    Effect.map(Effect.scope, (scope) => {
      const nextOf = (then: Step | undefined, isFirst: boolean): Effect.Effect<Option.Option<Next>> => {
        if (then === undefined) return Effect.succeedNone
        if (isFirst || !options.prefetch) return Effect.succeedSome({ page: advance(then), isFirst: false })
        return Effect.map(Effect.forkIn(advance(then), scope, { startImmediately: true }), (fiber) =>
          Option.some({ page: Fiber.join(fiber), isFirst: false })
        )
      }
      const first: Next = { page: Effect.flatMap(options.start, advance), isFirst: true }
      return Stream.paginate(first, ({ isFirst, page }) =>
        Effect.flatMap(page, ({ emit, then }) =>
          Effect.map(nextOf(then, isFirst), (next) => [options.itemsOf(emit), next] as const)
        )
      )
    })
  )
}
