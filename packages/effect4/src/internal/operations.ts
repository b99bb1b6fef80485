/** The operations of the service, over the application's `HttpClient`. */
import * as estimates from "@checkpoint-permissions/protocol/estimates"
import * as listing from "@checkpoint-permissions/protocol/listing"
import { type Checked, checkListParams, checkProjectIds } from "@checkpoint-permissions/protocol/parameters"
import * as redaction from "@checkpoint-permissions/protocol/redaction"
import * as routes from "@checkpoint-permissions/protocol/routes"
import * as settling from "@checkpoint-permissions/protocol/settling"
import * as wire from "@checkpoint-permissions/protocol/wire"
import * as Effect from "effect/Effect"
import * as HttpBody from "effect/http/HttpBody"
import type * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Record from "effect/Record"
import * as Redacted from "effect/Redacted"
import type * as Stream from "effect/Stream"
import type * as Tracer from "effect/Tracer"
import { isPermissionId, isProjectId } from "../Identifiers.ts"
import type { PermissionDeleted, PermissionPage } from "../Permission.ts"
import { InvalidInputError, type PermissionsError } from "../PermissionsError.ts"
import * as estimate from "./pacing/estimate.ts"
import type { Operation } from "./pacing/pacing.ts"
import { TypeId } from "./pacing/pacing.ts"
import * as pages from "./pages.ts"
import * as attempt from "./request/attempt.ts"
import * as call from "./retry/call.ts"
import * as apiClient from "./secrecy/apiClient.ts"
import type { ListParams, RequestError, Service } from "./service.ts"
import type { Settings } from "./settings.ts"

const ids = { isPermissionId, isProjectId }
const readPage = (body: unknown) => wire.readPage(body, ids)
const readDeleted = (body: unknown) => wire.readDeleted(body, ids)

/** The reply to a delete that an earlier attempt carried out. */
const deletedReply = (id: string): PermissionDeleted | undefined =>
  isPermissionId(id) ? { id, object: "checkpoint.permission", deleted: true } : undefined

const accepted = <A>(operation: Operation, checked: Checked<A>): Effect.Effect<A, InvalidInputError> =>
  "ok" in checked
    ? Effect.succeed(checked.ok)
    : Effect.fail(new InvalidInputError({ operation, mayHaveExecuted: false, ...checked }))

const pathOf = (operation: Operation, route: routes.Route): Effect.Effect<string, InvalidInputError> =>
  accepted(operation, "path" in route ? { ok: route.path } : route)

export const make = Effect.fnUntraced(function* (
  client: HttpClient.HttpClient,
  settings: Settings
): Effect.fn.Return<Service> {
  const redact = redaction.make(Redacted.value(settings.adminKey))
  const send = attempt.make(apiClient.make(client, settings, redact), settings, redact)
  const base = HttpClientRequest.get(settings.baseUrl).pipe(
    HttpClientRequest.acceptJson,
    HttpClientRequest.setHeaders(settings.headers)
  )
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

  /** An operation in a span of its own, with ids that were not refused, and no key that was passed for one. */
  const traced = <A, E>(
    operation: Operation,
    route: routes.Route,
    ids: Readonly<Record<string, string>>,
    run: (path: string, span: Tracer.Span) => Effect.Effect<A, E>,
    more?: Readonly<Record<string, unknown>>
  ): Effect.Effect<A, E | InvalidInputError> => {
    const attributes = { ...("path" in route ? Record.map(ids, redact) : {}), ...more }
    return Effect.useSpan(`CheckpointPermissions.${operation}`, { attributes }, (span) =>
      Effect.flatMap(pathOf(operation, route), (path) => run(path, span)).pipe(
        Effect.withParentSpan(span, { captureStackTrace: false })
      )
    )
  }

  /** Sends a request, with retries. */
  const exchange = <A>(
    { checkpoint, ...request }: Omit<attempt.Exchange<A>, "span">,
    span: Tracer.Span,
    more: Pick<call.Call<A>, "outcomeOf" | "resumeAfter" | "settle">
  ): Effect.Effect<A, RequestError> =>
    calls[request.operation]({
      checkpoint: redact(checkpoint),
      attempt: send({ ...request, checkpoint: redact(checkpoint), span }),
      ...more
    })

  const listPage = (span: Tracer.Span, checkpoint: string, path: string, params: ListParams, resumeAfter?: string) =>
    exchange<PermissionPage>(
      {
        operation: "list",
        checkpoint,
        request: base.pipe(HttpClientRequest.appendUrl(path), HttpClientRequest.setUrlParams({ ...params })),
        template: routes.templates.permissions,
        read: readPage
      },
      span,
      { resumeAfter, outcomeOf: (ended) => ({ operation: "list", ...ended }) }
    )

  const list: Service["list"] = (checkpoint, params) =>
    traced("list", routes.permissions(checkpoint), { checkpoint }, (path, span) =>
      Effect.flatMap(accepted("list", checkListParams(params)), (checked) => listPage(span, checkpoint, path, checked))
    )

  const pagesOf = <A>(
    checkpoint: string,
    params: ListParams | undefined,
    itemsOf: (page: PermissionPage) => ReadonlyArray<A>
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
      itemsOf,
      ask: ({ ask, page, resumeAfter, state }) =>
        Effect.map(
          traced("list", route, { checkpoint }, (path, span) => listPage(span, checkpoint, path, ask, resumeAfter), {
            page
          }),
          (reply) => {
            largestPage = listing.largestPage(state, largestPage)
            return reply
          }
        )
    })
  }

  const create: Service["create"] = (checkpoint, projectIds) =>
    traced("create", routes.permissions(checkpoint), { checkpoint }, (path, span) =>
      Effect.flatMap(accepted("create", checkProjectIds(projectIds)), (project_ids) => {
        const request = base.pipe(
          HttpClientRequest.appendUrl(path),
          HttpClientRequest.setMethod("POST"),
          HttpClientRequest.setBody(HttpBody.jsonUnsafe({ project_ids }))
        )
        const template = routes.templates.permissions
        return exchange<PermissionPage>({ operation: "create", checkpoint, request, template, read: readPage }, span, {
          outcomeOf: (ended) => ({ operation: "create", ...ended })
        })
      })
    )

  const remove: Service["delete"] = (checkpoint, permission) =>
    traced("delete", routes.permission(checkpoint, permission), { checkpoint, permission }, (path, span) => {
      const request = base.pipe(HttpClientRequest.appendUrl(path), HttpClientRequest.setMethod("DELETE"))
      const template = routes.templates.permission
      return exchange<PermissionDeleted>(
        { operation: "delete", checkpoint, request, template, read: readDeleted },
        span,
        {
          outcomeOf: (ended) => ({ operation: "delete", ...ended }),
          settle: {
            reply: settling.onDeleted,
            failure: (failure, mayHaveExecuted) =>
              settling.onDelete(failure, mayHaveExecuted) === "done" ? deletedReply(permission) : undefined
          }
        }
      )
    })

  return {
    list,
    retrieve: list,
    pages: (checkpoint, params) => pagesOf(checkpoint, params, (page) => [page]),
    stream: (checkpoint, params) => pagesOf(checkpoint, params, (page) => page.data),
    create,
    delete: remove,
    server: { apiUrl: settings.baseUrl, organization: settings.headers["openai-organization"] },
    estimate: estimate.make(paces, traffic)
  }
})
