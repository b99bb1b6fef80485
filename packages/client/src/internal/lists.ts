/** Whole listings of `protocol/listing` as streams. */
import { isProjectId } from "@checkpoint-permissions/core/Identifiers"
import { fromFailure, InvalidInputError, toFailure } from "@checkpoint-permissions/core/PermissionsError"
import * as listing from "@checkpoint-permissions/protocol/listing"
import * as operations from "@checkpoint-permissions/protocol/operations"
import type { Checked } from "@checkpoint-permissions/protocol/parameters"
import type { ItemPage, ListParams, ModelPermissions } from "@checkpoint-permissions/protocol/wire"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { YieldWrap } from "effect/Utils"
import type { Settings } from "./options.ts"
import * as performing from "./perform.ts"
import type { ListError, ListingError } from "./service.ts"

/** The rows of all listings except the listing of permissions. */
export const table = /* @__PURE__ */ operations.lists({ isProjectId })

type ListOperation = NonNullable<listing.Options["operation"]>

export interface Whole<O, P extends listing.Page, A>
  extends Pick<performing.Requested<O, P>, "operation" | "outcomeOf"> {
  /** Prepares the call that requests a page. */
  readonly prepare: (ask: ListParams | undefined) => Checked<operations.Call<P>>
  /** The parameters of the caller. */
  readonly params?: ListParams | undefined
  readonly itemsOf: (page: P) => ReadonlyArray<A>
}

/** Makes the listings of a service. Default of the page size: `pageSize` of the service. */
export const make = <O extends ListOperation>(
  { fail, performList, redact }: performing.Perform<O>,
  settings: Settings
) => {
  /** The largest page size of each operation that the server is known to accept. */
  const largest = new Map<O, number>()
  const largestOf = (operation: O) => largest.get(operation) ?? Number.POSITIVE_INFINITY

  return <P extends listing.Page, A>(whole: Whole<O, P, A>): Stream.Stream<A, ListingError> => {
    const { itemsOf, operation, outcomeOf, params, prepare } = whole
    const calls: listing.Calls<YieldWrap<Effect.Effect<unknown, ListingError>>, P, ListError> = {
      send: ({ request, page, resumeAfter, state }) =>
        Effect.match(performList({ operation, prepare: () => prepare(request), outcomeOf, page, resumeAfter }), {
          onFailure: (error) => ({ error, failure: toFailure(error) }),
          onSuccess: (page) => {
            largest.set(operation, listing.largestPage(state, largestOf(operation)))
            return { page }
          }
        }),
      fail: (failed) => {
        if ("error" in failed) return Effect.fail(failed.error)
        const error = fromFailure(failed)
        // a list cannot conflict
        return error._tag === "ConflictError" ? Effect.die(error) : fail(operation, error)
      }
    }
    const start = Effect.suspend(() => {
      const checked = prepare(params)
      if ("reason" in checked) return fail(operation, new InvalidInputError({ operation, ...checked }))
      const limit = Math.min(params?.limit ?? settings.pageSize, largestOf(operation))
      const checkpoint = checked.ok.checkpoint && redact(checked.ok.checkpoint)
      return Effect.succeed(listing.start<P>({ ...params, operation, checkpoint, limit }))
    })
    const advance = (step: listing.Step<P>) => Effect.gen(() => listing.advance(step, calls))

    return Stream.unwrapScoped(
      Effect.map(Effect.scope, (scope) => {
        const nextOf = (
          then: listing.Step<P> | undefined
        ): Effect.Effect<Option.Option<ReturnType<typeof advance>>> => {
          if (then === undefined) return Effect.succeedNone
          if (!(settings.prefetch && listing.mayPrefetch(then))) return Effect.succeedSome(advance(then))
          // interruptible, so that a stream can also be left in an uninterruptible region
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
}

/** Makes all listings of a service except the listing of permissions. */
export const service = (client: HttpClient.HttpClient, settings: Settings, name: string) => {
  const performed = performing.make(client, settings, name, table)
  const whole = make(performed, settings)
  const list = <Item extends { readonly id: string }>(
    operation: keyof typeof table,
    prepare: Whole<keyof typeof table, ItemPage<Item>, Item>["prepare"]
  ): Stream.Stream<Item, ListingError> =>
    whole({
      operation,
      prepare,
      outcomeOf: (ended) => ({ operation, ...ended }),
      itemsOf: ({ data }) => data
    })
  /** Reads the model permissions of a project; `undefined` if none are set. */
  const modelPermissions = (project: string): Effect.Effect<ModelPermissions | undefined, ListError> => {
    const operation = "get-model-permissions"
    return performed.performList({
      operation,
      prepare: () => table[operation]({ project }),
      outcomeOf: (ended) => ({ operation, ...ended })
    })
  }
  return { httpClient: performed.httpClient, list, modelPermissions }
}
