/** The operations of the service, over the application's `HttpClient`. */
import * as estimates from "@checkpoint-permissions/protocol/estimates"
import * as operations from "@checkpoint-permissions/protocol/operations"
import { type CallSite, callSite } from "@checkpoint-permissions/protocol/tracing"
import type { ListParams } from "@checkpoint-permissions/protocol/wire"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import type * as Stream from "effect/Stream"
import { isPermissionId, isProjectId } from "../Identifiers.ts"
import type { PermissionPage } from "../Permission.ts"
import * as lists from "./lists.ts"
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
  const { perform, performList, redact } = service
  const list: Service["list"] = (checkpoint, params) =>
    performList("list", () => table.list({ checkpoint, params }), {
      site: callSite(),
      outcomeOf: (ended) => ({ operation: "list", checkpoint: redact(checkpoint), ...ended })
    })

  const whole = lists.make<"list">(service, settings)
  const pagesOf = <A>(
    site: CallSite,
    checkpoint: string,
    params: ListParams | undefined,
    itemsOf: (page: PermissionPage) => ReadonlyArray<A>
  ): Stream.Stream<A, ListingError> =>
    whole({
      site,
      operation: "list",
      params,
      prepare: (ask) => table.list({ checkpoint, params: ask }),
      outcomeOf: (ended) => ({ operation: "list", checkpoint: redact(checkpoint), ...ended }),
      itemsOf
    })

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
