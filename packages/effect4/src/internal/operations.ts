/** The operations of the service, over the application's `HttpClient`. */
import * as estimates from "@checkpoint-permissions/protocol/estimates"
import * as listing from "@checkpoint-permissions/protocol/listing"
import * as operations from "@checkpoint-permissions/protocol/operations"
import { type CallSite, callSite } from "@checkpoint-permissions/protocol/tracing"
import type { ListParams } from "@checkpoint-permissions/protocol/wire"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import type * as Stream from "effect/Stream"
import { isPermissionId, isProjectId } from "../Identifiers.ts"
import type { PermissionPage } from "../Permission.ts"
import * as pages from "./listing/pages.ts"
import * as estimate from "./pacing/estimate.ts"
import { TypeId } from "./pacing/pacing.ts"
import * as performing from "./perform.ts"
import type { ListingError, Service } from "./service.ts"
import type { Settings } from "./settings.ts"

const table = operations.make({ isPermissionId, isProjectId })

export const make = Effect.fnUntraced(function* (
  client: HttpClient.HttpClient,
  settings: Settings
): Effect.fn.Return<Service> {
  const { make: makePace } = settings.pacing[TypeId]
  const traffic = estimates.traffic()
  const paces = yield* Effect.all({ list: makePace("list"), create: makePace("create"), delete: makePace("delete") })
  const service = performing.make(client, settings, "CheckpointPermissions", paces, traffic)
  const { perform, redact } = service
  let largestPage = Number.POSITIVE_INFINITY

  const performList = (
    input: Parameters<typeof table.list>[0],
    performed: Omit<performing.Performed<PermissionPage>, "outcomeOf">
  ) =>
    service.performList("list", () => table.list(input), {
      outcomeOf: (ended) => ({ operation: "list", checkpoint: redact(input.checkpoint), ...ended }),
      ...performed
    })

  const pagesOf = <A>(
    site: CallSite,
    checkpoint: string,
    params: ListParams | undefined,
    itemsOf: (page: PermissionPage) => ReadonlyArray<A>
  ): Stream.Stream<A, ListingError> =>
    pages.stream({
      start: Effect.suspend(() => {
        const checked = table.list({ checkpoint, params })
        if ("reason" in checked) return performing.refused("list", checked)
        const { after, limit = settings.pageSize, order, project_id } = params ?? {}
        const first = { checkpoint: redact(checkpoint), after, order, project_id }
        return Effect.succeed(listing.start<PermissionPage>({ ...first, limit: Math.min(limit, largestPage) }))
      }),
      prefetch: settings.prefetch,
      itemsOf,
      ask: ({ ask, page, resumeAfter, state }) =>
        Effect.map(performList({ checkpoint, params: ask }, { page, resumeAfter, site }), (reply) => {
          largestPage = listing.largestPage(state, largestPage)
          return reply
        })
    })

  const list: Service["list"] = (checkpoint, params) => performList({ checkpoint, params }, { site: callSite() })

  return {
    list,
    retrieve: list,
    pages: (checkpoint, params) => pagesOf(callSite(), checkpoint, params, (page) => [page]),
    stream: (checkpoint, params) => pagesOf(callSite(), checkpoint, params, (page) => page.data),
    create: (checkpoint, projectIds) =>
      perform("create", () => table.create({ checkpoint, projectIds }), {
        site: callSite(),
        outcomeOf: (ended) => ({ operation: "create", checkpoint: redact(checkpoint), ...ended })
      }),
    delete: (checkpoint, permission) =>
      perform("delete", () => table.delete({ checkpoint, permission }), {
        site: callSite(),
        outcomeOf: (ended) => ({ operation: "delete", checkpoint: redact(checkpoint), ...ended })
      }),
    server: { apiUrl: settings.baseUrl, organization: settings.headers["openai-organization"] },
    estimate: estimate.make(paces, traffic)
  }
})
