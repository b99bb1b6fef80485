/** Whole listings. */
import { isProjectId } from "@checkpoint-permissions/core/Identifiers"
import { InvalidInputError } from "@checkpoint-permissions/core/PermissionsError"
import * as listing from "@checkpoint-permissions/protocol/listing"
import * as operations from "@checkpoint-permissions/protocol/operations"
import type { Checked } from "@checkpoint-permissions/protocol/parameters"
import type { List, ListParams } from "@checkpoint-permissions/protocol/wire"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import * as pages from "./listing/pages.ts"
import * as performing from "./perform.ts"
import type { ListingError } from "./service.ts"
import type { Settings } from "./settings.ts"

/** The rows of the lists next to those of permissions. */
export const table = /* @__PURE__ */ operations.lists({ isProjectId })

type ListOperation = NonNullable<listing.Options["operation"]>

/** What is listed. */
export interface Whole<O, P extends listing.Page, A> extends Pick<performing.Performed<P>, "outcomeOf"> {
  readonly operation: O
  /** The call that asks for a page. */
  readonly prepare: (ask: ListParams | undefined) => Checked<operations.Call<P>>
  /** What the caller asked for. */
  readonly params?: ListParams | undefined
  readonly itemsOf: (page: P) => ReadonlyArray<A>
}

/** Makes the listings of a service. The page size is its own where a caller asks for none. */
export const make = <O extends ListOperation>(
  { fail, performList, redact }: performing.Perform<O>,
  settings: Settings
) => {
  /** The largest pages that are asked for. */
  const largest = new Map<O, number>()
  const largestOf = (operation: O) => largest.get(operation) ?? Number.POSITIVE_INFINITY

  return <P extends listing.Page, A>(whole: Whole<O, P, A>): Stream.Stream<A, ListingError> => {
    const { itemsOf, operation, outcomeOf, params, prepare } = whole
    return pages.stream<P, A>({
      start: Effect.suspend(() => {
        const checked = prepare(params)
        if ("reason" in checked) return fail(operation, new InvalidInputError({ operation, ...checked }))
        const { after, limit = settings.pageSize, order, project_id } = params ?? {}
        const checkpoint = checked.ok.checkpoint && redact(checked.ok.checkpoint)
        const first = { operation, checkpoint, after, order, project_id }
        return Effect.succeed(listing.start<P>({ ...first, limit: Math.min(limit, largestOf(operation)) }))
      }),
      fail: (error) => fail(operation, error),
      prefetch: settings.prefetch,
      itemsOf,
      ask: ({ ask, page, resumeAfter, state }) =>
        Effect.map(
          performList(operation, () => prepare(ask), { outcomeOf, page, resumeAfter }),
          (reply) => {
            largest.set(operation, listing.largestPage(state, largestOf(operation)))
            return reply
          }
        )
    })
  }
}

/** A service of lists next to those of permissions. */
export const service = (client: HttpClient.HttpClient, settings: Settings, name: string) => {
  const performed = performing.make(client, settings, name, table)
  const whole = make(performed, settings)
  const list = <Item extends { readonly id: string }>(
    operation: keyof typeof table,
    prepare: Whole<keyof typeof table, List<Item>, Item>["prepare"]
  ): Stream.Stream<Item, ListingError> =>
    whole({
      operation,
      prepare,
      outcomeOf: (ended) => ({ operation, ...ended }),
      itemsOf: ({ data }) => data
    })
  return { httpClient: performed.httpClient, list }
}
