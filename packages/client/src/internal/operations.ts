/** The operations of the service, over the application's `HttpClient`. */
import { isPermissionId, isProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionPage } from "@checkpoint-permissions/core/Permission"
import { InvalidInputError } from "@checkpoint-permissions/core/PermissionsError"
import * as estimates from "@checkpoint-permissions/protocol/estimates"
import * as listing from "@checkpoint-permissions/protocol/listing"
import * as operations from "@checkpoint-permissions/protocol/operations"
import { type CallSite, callSite } from "@checkpoint-permissions/protocol/tracing"
import type { ListParams } from "@checkpoint-permissions/protocol/wire"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import * as pages from "./listing/pages.ts"
import * as estimate from "./pacing/estimate.ts"
import { TypeId } from "./pacing/pacing.ts"
import * as performing from "./perform.ts"
import type { ListingError, Service } from "./service.ts"
import type { Settings } from "./settings.ts"

const table = operations.make({ isPermissionId, isProjectId })

export const make = (client: HttpClient.HttpClient, settings: Settings): Effect.Effect<Service> =>
  Effect.gen(function* () {
    const { make: makePace } = settings.pacing[TypeId]
    const traffic = estimates.traffic()
    const paces = yield* Effect.all({ list: makePace("list"), create: makePace("create"), delete: makePace("delete") })
    const service = performing.make(client, settings, "CheckpointPermissions", paces, traffic)
    const { perform, redact } = service
    /** The largest page that is asked for. */
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
      chunkOf: (page: PermissionPage) => Chunk.Chunk<A>
    ): Stream.Stream<A, ListingError> =>
      pages.stream({
        start: Effect.suspend(() => {
          const checked = table.list({ checkpoint, params })
          if ("reason" in checked) return new InvalidInputError({ operation: "list", ...checked })
          const { after, limit = settings.pageSize, order, project_id } = params ?? {}
          const first = { checkpoint: redact(checkpoint), after, order, project_id }
          return Effect.succeed(listing.start<PermissionPage>({ ...first, limit: Math.min(limit, largestPage) }))
        }),
        prefetch: settings.prefetch,
        chunkOf,
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
      pages: (checkpoint, params) => pagesOf(callSite(), checkpoint, params, Chunk.of),
      stream: (checkpoint, params) =>
        pagesOf(callSite(), checkpoint, params, (page) => Chunk.unsafeFromArray(page.data)),
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
