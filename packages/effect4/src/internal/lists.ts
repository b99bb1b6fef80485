/** Whole lists next to those of permissions. */

import * as estimates from "@checkpoint-permissions/protocol/estimates"
import type { OrganizationOperation, ProjectOperation } from "@checkpoint-permissions/protocol/failure"
import * as listing from "@checkpoint-permissions/protocol/listing"
import type * as operations from "@checkpoint-permissions/protocol/operations"
import type { Checked } from "@checkpoint-permissions/protocol/parameters"
import type { CallSite } from "@checkpoint-permissions/protocol/tracing"
import type { List } from "@checkpoint-permissions/protocol/wire"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import type * as Stream from "effect/Stream"
import * as pages from "./listing/pages.ts"
import type { Pace } from "./pacing/pace.ts"
import * as perform from "./perform.ts"
import type { ListingError } from "./service.ts"
import type { Settings } from "./settings.ts"

type ListOperation = OrganizationOperation | ProjectOperation

/** The items of a list, whose pages `prepare` asks for. */
export type Lists<O extends ListOperation> = <Item extends { readonly id: string }>(
  site: CallSite,
  operation: O,
  prepare: (place: operations.Place) => Checked<operations.Call<List<Item>>>
) => Stream.Stream<Item, ListingError>

export const make = <O extends ListOperation>(
  client: HttpClient.HttpClient,
  settings: Settings,
  service: string,
  paces: Readonly<Record<O, Pace>>
): Lists<O> => {
  const { performList } = perform.make(client, settings, service, paces, estimates.traffic())
  const largest = new Map<O, number>()
  const largestOf = (operation: O) => largest.get(operation) ?? Number.POSITIVE_INFINITY

  return <Item extends { readonly id: string }>(
    site: CallSite,
    operation: O,
    prepare: (place: operations.Place) => Checked<operations.Call<List<Item>>>
  ) =>
    pages.stream<List<Item>, Item>({
      start: Effect.suspend(() => {
        const checked = prepare({})
        if ("reason" in checked) return perform.refused(operation, checked)
        const limit = Math.min(settings.pageSize, largestOf(operation))
        return Effect.succeed(listing.start<List<Item>>({ operation, limit }))
      }),
      prefetch: settings.prefetch,
      itemsOf: ({ data }) => data,
      ask: ({ ask: { after, limit }, page, state }) =>
        Effect.map(
          performList(operation, () => prepare({ after, limit }), {
            page,
            site,
            outcomeOf: (ended) => ({ operation, ...ended })
          }),
          (reply) => {
            largest.set(operation, listing.largestPage(state, largestOf(operation)))
            return reply
          }
        )
    })
}
