/** Whole listings: those of `protocol/listing` as streams. */
import * as listing from "@checkpoint-permissions/protocol/listing"
import * as operations from "@checkpoint-permissions/protocol/operations"
import type { Checked } from "@checkpoint-permissions/protocol/parameters"
import type { ItemPage, ListParams, ModelPermissions } from "@checkpoint-permissions/protocol/wire"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as HttpClient from "effect/http/HttpClient"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { isProjectId } from "../Identifiers.ts"
import { fromFailure, InvalidInputError, toFailure } from "../PermissionsError.ts"
import type { Settings } from "./options.ts"
import * as performing from "./perform.ts"
import type { ListError, ListingError } from "./service.ts"

/** The rows of all listings except the listing of permissions. */
export const table = /* @__PURE__ */ operations.lists({ isProjectId })

type ListOperation = NonNullable<listing.Options["operation"]>

/** The parameters of a whole listing. */
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
  { pageSize, prefetch }: Settings
) => {
  /** The largest page size of each operation that the server is known to accept. */
  const largest = new Map<O, number>()
  const largestOf = (operation: O) => largest.get(operation) ?? Number.POSITIVE_INFINITY

  return <P extends listing.Page, A>(whole: Whole<O, P, A>): Stream.Stream<A, ListingError> => {
    type Step = listing.Step<P>
    type Page = Effect.Effect<listing.EmitStep<P>, ListingError>
    const { itemsOf, operation, outcomeOf, params, prepare } = whole

    const start = Effect.suspend((): Effect.Effect<Step, InvalidInputError> => {
      const checked = prepare(params)
      if ("reason" in checked) return fail(operation, new InvalidInputError({ operation, ...checked }))
      const limit = Math.min(params?.limit ?? pageSize, largestOf(operation))
      const checkpoint = checked.ok.checkpoint && redact(checked.ok.checkpoint)
      return Effect.succeed(listing.start({ ...params, operation, checkpoint, limit }))
    })

    const calls: listing.Calls<Effect.Effect<unknown, ListingError>, P, Cause.Cause<ListError>> = {
      send: ({ request, page, resumeAfter, state }) =>
        performList({ operation, prepare: () => prepare(request), outcomeOf, page, resumeAfter }).pipe(
          Effect.map((reply) => {
            largest.set(operation, listing.largestPage(state, largestOf(operation)))
            return { page: reply }
          }),
          Effect.catchCauseFilter(Cause.findError, (error, cause) =>
            Effect.succeed({ error: cause, failure: toFailure(error) })
          )
        ),
      fail: (failed) => {
        // the cause has the span of the request
        if ("error" in failed) return Effect.failCause(failed.error)
        const error = fromFailure(failed)
        // a list cannot conflict
        return error._tag === "ConflictError" ? Effect.die(error) : fail(operation, error)
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
