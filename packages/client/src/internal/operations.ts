/** The operations of the service, over the application's `HttpClient`. */
import { isPermissionId, isProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionPage } from "@checkpoint-permissions/core/Permission"
import { InvalidInputError } from "@checkpoint-permissions/core/PermissionsError"
import * as estimates from "@checkpoint-permissions/protocol/estimates"
import * as listing from "@checkpoint-permissions/protocol/listing"
import * as operations from "@checkpoint-permissions/protocol/operations"
import type { Checked } from "@checkpoint-permissions/protocol/parameters"
import * as redaction from "@checkpoint-permissions/protocol/redaction"
import { type CallSite, callSite } from "@checkpoint-permissions/protocol/tracing"
import type { ListParams } from "@checkpoint-permissions/protocol/wire"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Record from "effect/Record"
import * as Redacted from "effect/Redacted"
import type * as Stream from "effect/Stream"
import * as pages from "./listing/pages.ts"
import * as estimate from "./pacing/estimate.ts"
import { TypeId } from "./pacing/pacing.ts"
import * as attempt from "./request/attempt.ts"
import * as call from "./retry/call.ts"
import type { Ended, Outcome } from "./retry/region.ts"
import * as apiClient from "./secrecy/apiClient.ts"
import type { ListError, ListingError, RequestError, Service } from "./service.ts"
import type { Settings } from "./settings.ts"

const table = operations.make({ isPermissionId, isProjectId })

/** How an operation is performed. */
interface Performed<A> {
  /** Where it was called. */
  readonly site: CallSite
  readonly outcomeOf: (ended: Ended<A>) => Outcome
  /** The number of the page that is asked for. */
  readonly page?: number
  readonly resumeAfter?: string | undefined
}

export const make = (client: HttpClient.HttpClient, settings: Settings): Effect.Effect<Service> =>
  Effect.gen(function* () {
    const redact = redaction.make(Redacted.value(settings.adminKey))
    const send = attempt.make(apiClient.make(client, settings, redact, settings.transformClient), settings, redact)
    const { make: makePace } = settings.pacing[TypeId]
    const traffic = estimates.traffic()
    const paces = yield* Effect.all({ list: makePace("list"), create: makePace("create"), delete: makePace("delete") })
    const calls = Record.map(paces, (pace, operation) => call.make(operation, pace, traffic, settings.retry))
    /** The largest page that is asked for. */
    let largestPage = Number.POSITIVE_INFINITY

    /** Makes a call in a span of its own, with ids that were not refused, and no key that was passed for one. */
    const perform = <A>(
      operation: operations.Call<A>["operation"],
      prepare: () => Checked<operations.Call<A>>,
      { outcomeOf, page, resumeAfter, site }: Performed<A>
    ): Effect.Effect<A, RequestError> =>
      Effect.suspend(() => {
        const checked = prepare()
        const attributes = {
          ...("ok" in checked ? Record.map(checked.ok.ids, redact) : {}),
          ...(page === undefined ? {} : { page })
        }
        return Effect.useSpan(`CheckpointPermissions.${operation}`, { attributes, captureStackTrace: site }, (span) => {
          const inSpan = Effect.withParentSpan(span)
          if ("reason" in checked) return inSpan(new InvalidInputError({ operation, ...checked }))
          const { settle } = checked.ok
          const checkpoint = redact(checked.ok.checkpoint)
          return calls[operation]({
            checkpoint,
            resumeAfter,
            outcomeOf,
            settle,
            inSpan,
            attempt: send({ ...checked.ok, checkpoint }, span)
          })
        })
      })

    /** A list meets no conflict: see `failure.ofReply` of `protocol`. */
    const performList = (
      input: Parameters<typeof table.list>[0],
      performed: Omit<Performed<PermissionPage>, "outcomeOf">
    ) =>
      Effect.catchTag(
        perform("list", () => table.list(input), {
          outcomeOf: (ended) => ({ operation: "list", checkpoint: redact(input.checkpoint), ...ended }),
          ...performed
        }),
        "ConflictError",
        (error): Effect.Effect<never, ListError> => Effect.die(error)
      )

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
          const { limit = settings.pageSize, ...filter } = checked.ok.request.query ?? {}
          const first = { checkpoint: redact(checkpoint), ...filter, limit: Math.min(limit, largestPage) }
          return Effect.succeed(listing.start<PermissionPage>(first))
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
