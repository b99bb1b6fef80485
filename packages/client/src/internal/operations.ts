/** The operations of the service, over the application's `HttpClient`. */
import { isPermissionId, isProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionDeleted, PermissionPage } from "@checkpoint-permissions/core/Permission"
import { InvalidInputError, type PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as estimates from "@checkpoint-permissions/protocol/estimates"
import * as listing from "@checkpoint-permissions/protocol/listing"
import { type Checked, checkListParams, checkProjectIds } from "@checkpoint-permissions/protocol/parameters"
import * as redaction from "@checkpoint-permissions/protocol/redaction"
import * as routes from "@checkpoint-permissions/protocol/routes"
import * as settling from "@checkpoint-permissions/protocol/settling"
import * as wire from "@checkpoint-permissions/protocol/wire"
import * as HttpBody from "@effect/platform/HttpBody"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Record from "effect/Record"
import * as Redacted from "effect/Redacted"
import type * as Stream from "effect/Stream"
import type * as Tracer from "effect/Tracer"
import * as pages from "./listing/pages.ts"
import * as estimate from "./pacing/estimate.ts"
import type { Operation } from "./pacing/pacing.ts"
import { TypeId } from "./pacing/pacing.ts"
import * as attempt from "./request/attempt.ts"
import * as call from "./retry/call.ts"
import * as apiClient from "./secrecy/apiClient.ts"
import type { ListParams, RequestError, Service } from "./service.ts"
import type { Settings } from "./settings.ts"

/** The reply to a delete that an earlier attempt carried out. */
const deletedReply = (id: string): PermissionDeleted | undefined =>
  isPermissionId(id) ? { id, object: "checkpoint.permission", deleted: true } : undefined

const ids = { isPermissionId, isProjectId }
const readPage = (body: unknown) => wire.readPage(body, ids)
const readDeleted = (body: unknown) => wire.readDeleted(body, ids)

const accepted = <A>(operation: Operation, checked: Checked<A>): Effect.Effect<A, InvalidInputError> =>
  "ok" in checked ? Effect.succeed(checked.ok) : new InvalidInputError({ operation, ...checked })

const pathOf = (operation: Operation, route: routes.Route): Effect.Effect<string, InvalidInputError> =>
  "path" in route ? Effect.succeed(route.path) : new InvalidInputError({ operation, ...route })

/** An operation in a span of its own. */
const traced = <A, E>(
  operation: Operation,
  attributes: Readonly<Record<string, unknown>>,
  run: (span: Tracer.Span) => Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.useSpan(`CheckpointPermissions.${operation}`, { attributes, captureStackTrace: false }, (span) =>
    Effect.withParentSpan(run(span), span)
  )

export const make = (client: HttpClient.HttpClient, settings: Settings): Effect.Effect<Service> =>
  Effect.gen(function* () {
    const redact = redaction.make(Redacted.value(settings.adminKey))
    const api = apiClient.make(client, settings, redact, settings.transformClient)
    const base = HttpClientRequest.get(settings.baseUrl).pipe(
      HttpClientRequest.acceptJson,
      HttpClientRequest.setHeaders(settings.headers)
    )
    const send = attempt.make(api, settings, redact)
    const { make: makePace } = settings.pacing[TypeId]
    const traffic = estimates.traffic()
    const paceOf = (operation: Operation) => Effect.map(makePace(operation), (pace) => estimate.watched(pace, traffic))
    const paces = yield* Effect.all({ list: paceOf("list"), create: paceOf("create"), delete: paceOf("delete") })
    const calls = {
      list: call.make("list", paces.list, settings.retry),
      create: call.make("create", paces.create, settings.retry),
      delete: call.make("delete", paces.delete, settings.retry)
    }
    /** The largest page that is asked for. */
    let largestPage = Number.POSITIVE_INFINITY

    /** Ids for a span: none that were refused, and no key that was passed for one. */
    const shown = (route: routes.Route, ids: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
      "path" in route ? Record.map(ids, redact) : {}

    const listPage = (
      span: Tracer.Span,
      checkpoint: string,
      path: string,
      params: ListParams,
      resumeAfter?: string | undefined
    ): Effect.Effect<PermissionPage, RequestError> => {
      const query = HttpClientRequest.setUrlParams(HttpClientRequest.appendUrl(base, path), { ...params })
      return calls.list({
        checkpoint: redact(checkpoint),
        span,
        resumeAfter,
        outcomeOf: (ended) => ({ operation: "list", ...ended }),
        attempt: send({
          operation: "list",
          checkpoint: redact(checkpoint),
          request: query,
          template: routes.templates.permissions,
          span,
          read: readPage
        })
      })
    }

    const list: Service["list"] = (checkpoint, params) => {
      const route = routes.permissions(checkpoint)
      return traced("list", shown(route, { checkpoint }), (span) =>
        Effect.flatMap(pathOf("list", route), (path) =>
          Effect.flatMap(accepted("list", checkListParams(params)), (checked) =>
            listPage(span, checkpoint, path, checked)
          )
        )
      )
    }

    const pagesOf = <A>(
      checkpoint: string,
      params: ListParams | undefined,
      chunkOf: (page: PermissionPage) => Chunk.Chunk<A>
    ): Stream.Stream<A, PermissionsError> => {
      const route = routes.permissions(checkpoint)
      const start = Effect.gen(function* () {
        yield* pathOf("list", route)
        const { limit = settings.pageSize, ...filter } = yield* accepted("list", checkListParams(params))
        return listing.start<PermissionPage>({
          checkpoint: redact(checkpoint),
          ...filter,
          limit: Math.min(limit, largestPage)
        })
      })
      return pages.stream({
        start,
        prefetch: settings.prefetch,
        chunkOf,
        ask: ({ ask, page, resumeAfter, state }) =>
          traced("list", { ...shown(route, { checkpoint }), page }, (span) =>
            Effect.flatMap(pathOf("list", route), (path) => listPage(span, checkpoint, path, ask, resumeAfter))
          ).pipe(
            Effect.map((reply) => {
              largestPage = listing.largestPage(state, largestPage)
              return reply
            })
          )
      })
    }

    const create: Service["create"] = (checkpoint, projectIds) => {
      const route = routes.permissions(checkpoint)
      return traced("create", shown(route, { checkpoint }), (span) =>
        Effect.flatMap(pathOf("create", route), (path) =>
          Effect.flatMap(accepted("create", checkProjectIds(projectIds)), (project_ids) => {
            // raw, since a length that is announced is one header more for `fetch` to refuse
            const body = HttpBody.raw(JSON.stringify({ project_ids }), { contentType: "application/json" })
            const post = HttpClientRequest.appendUrl(base, path).pipe(
              HttpClientRequest.setMethod("POST"),
              HttpClientRequest.setBody(body)
            )
            return calls.create({
              checkpoint: redact(checkpoint),
              span,
              outcomeOf: (ended) => ({ operation: "create", ...ended }),
              attempt: send({
                operation: "create",
                checkpoint: redact(checkpoint),
                request: post,
                template: routes.templates.permissions,
                span,
                read: readPage
              })
            })
          })
        )
      )
    }

    const remove: Service["delete"] = (checkpoint, permissionId) => {
      const route = routes.permission(checkpoint, permissionId)
      return traced("delete", shown(route, { checkpoint, permission: permissionId }), (span) =>
        Effect.flatMap(pathOf("delete", route), (path) => {
          const request = HttpClientRequest.setMethod(HttpClientRequest.appendUrl(base, path), "DELETE")
          const template = routes.templates.permission
          return calls.delete<PermissionDeleted>({
            checkpoint: redact(checkpoint),
            span,
            outcomeOf: (ended) => ({ operation: "delete", ...ended }),
            attempt: send({
              operation: "delete",
              checkpoint: redact(checkpoint),
              request,
              template,
              span,
              read: readDeleted
            }),
            settle: {
              reply: settling.onDeleted,
              failure: (failure, mayHaveExecuted) =>
                settling.onDelete(failure, mayHaveExecuted) === "done" ? deletedReply(permissionId) : undefined
            }
          })
        })
      )
    }

    return {
      list,
      retrieve: list,
      pages: (checkpoint, params) => pagesOf(checkpoint, params, Chunk.of),
      stream: (checkpoint, params) => pagesOf(checkpoint, params, (page) => Chunk.unsafeFromArray(page.data)),
      create,
      delete: remove,
      server: { apiUrl: settings.baseUrl, organization: settings.headers["openai-organization"] },
      estimate: estimate.make(paces, traffic)
    }
  })
