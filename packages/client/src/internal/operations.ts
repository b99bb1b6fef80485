import type { CheckpointId, PermissionId } from "@checkpoint-permissions/core/Identifiers"
import { CreatePayload, ListParams, PermissionDeleted, PermissionPage } from "@checkpoint-permissions/core/Permission"
import type { InvalidInput } from "@checkpoint-permissions/core/PermissionsError"
import * as Routes from "@checkpoint-permissions/core/Routes"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Arr from "effect/Array"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import type * as Tracer from "effect/Tracer"
import type { Service } from "../CheckpointPermissions.ts"
import * as attempts from "./attempts.ts"
import * as exchange from "./exchange.ts"
import type { RequestError } from "./failure.ts"
import type { ApiClient } from "./httpClient.ts"
import * as input from "./input.ts"
import * as listing from "./listing.ts"
import type { Settings } from "./options.ts"
import * as pages from "./pages.ts"

const decodePage = Schema.decodeUnknownEither(PermissionPage)
const decodeDeleted = Schema.decodeUnknownEither(PermissionDeleted)
const checkGivenParams = input.check("list", ListParams)
const checkParams = (params: ListParams | undefined): Either.Either<ListParams, InvalidInput> =>
  params === undefined ? Either.right({}) : checkGivenParams(params)
const checkPayload = input.check("create", CreatePayload)

/** Page sizes that are tried when the server refuses a larger one. */
const smallerSizes = [100, 50, 20, 10]

const refusesLimit = (error: RequestError): boolean =>
  error._tag === "BadRequest" &&
  (error.param === "limit" || (error.param === undefined && /\blimit\b/i.test(error.detail ?? "")))

/**
 * An operation in a span. What it does is told the span rather than run in it: a
 * fiber is put in another span and back again at the cost of all else that is done
 * for a span. Nor is the call site written down.
 */
const traced = <A, E>(
  operation: "list" | "create" | "delete",
  attributes: Readonly<Record<string, unknown>>,
  run: (span: Tracer.Span) => Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.useSpan(`CheckpointPermissions.${operation}`, { attributes, captureStackTrace: false }, run)

/** The operations of the service over a client that is ready to talk to the API. */
export const make = Effect.fnUntraced(function* (client: ApiClient, settings: Settings) {
  const send = exchange.make(client, settings)
  const to = (path: string) => HttpClientRequest.appendUrl(client.request, path)
  const paceOf = (operation: "list" | "create" | "delete") =>
    settings.pacing.makeFor?.(operation) ?? settings.pacing.make
  const paces = yield* Effect.all({ list: paceOf("list"), create: paceOf("create"), delete: paceOf("delete") })
  const listed = attempts.make("list", paces.list, settings.retry)
  const created = attempts.make("create", paces.create, settings.retry)
  const deleted = attempts.make("delete", paces.delete, settings.retry)
  /** The largest page that the server has not refused. */
  const largestPage = yield* Ref.make(Number.POSITIVE_INFINITY)

  const listPage = (
    span: Tracer.Span,
    checkpoint: CheckpointId,
    path: string,
    params: ListParams,
    resumeAfter?: PermissionId
  ) =>
    listed({
      operation: "list",
      span,
      checkpoint,
      resumeAfter,
      attempt: (tell) => send(HttpClientRequest.setUrlParams(to(path), { ...params }), decodePage, span, tell)
    })

  const list = (checkpoint: CheckpointId, params?: ListParams) =>
    traced("list", { checkpoint }, (span) =>
      Either.match(
        Either.flatMap(Routes.permissions("list", checkpoint), (path) =>
          Either.map(checkParams(params), (checked) => listPage(span, checkpoint, path, checked))
        ),
        {
          onLeft: (error) => Effect.withParentSpan(Effect.fail(error), span),
          onRight: identity
        }
      )
    )

  const sized = (
    ask: (limit: number) => Effect.Effect<PermissionPage, RequestError>,
    wanted: number
  ): Effect.Effect<PermissionPage, RequestError> =>
    Effect.flatMap(Ref.get(largestPage), (largest) => {
      const limit = Math.min(wanted, largest)
      const smaller = smallerSizes.find((size) => size < limit)
      return smaller === undefined
        ? ask(limit)
        : Effect.catchIf(ask(limit), refusesLimit, () =>
            Effect.zipRight(
              Ref.update(largestPage, (known) => Math.min(known, smaller)),
              sized(ask, wanted)
            )
          )
    })

  const pagesOf = <A>(
    checkpoint: CheckpointId,
    params: ListParams | undefined,
    chunkOf: (page: PermissionPage) => Chunk.Chunk<A>
  ) =>
    pages.stream(
      Effect.gen(function* () {
        const path = yield* Routes.permissions("list", checkpoint)
        const { after, limit, ...filter } = yield* checkParams(params)
        const reverse = filter.order === "ascending" ? "descending" : "ascending"
        return listing.make(checkpoint, after, (ask) =>
          traced("list", { checkpoint, page: ask.page }, (span) =>
            sized(
              (size) =>
                listPage(
                  span,
                  checkpoint,
                  path,
                  ask.last === true
                    ? { ...filter, limit: 1, order: reverse }
                    : { ...filter, after: ask.after, limit: size },
                  ask.resumeAfter
                ),
              limit ?? settings.pageSize
            )
          )
        )
      }),
      settings.prefetch,
      chunkOf
    )

  const create = (checkpoint: CheckpointId, projectIds: ReadonlyArray<CreatePayload["project_ids"][number]>) =>
    traced("create", { checkpoint }, (span) =>
      Effect.gen(function* () {
        const path = yield* Routes.permissions("create", checkpoint)
        const { project_ids } = yield* checkPayload({ project_ids: projectIds })
        const payload = { project_ids: Arr.dedupe(project_ids) }
        const request = HttpClientRequest.bodyUnsafeJson(HttpClientRequest.setMethod(to(path), "POST"), payload)
        return yield* created({
          operation: "create",
          span,
          checkpoint,
          attempt: (tell) => send(request, decodePage, span, tell)
        })
      }).pipe(Effect.withParentSpan(span))
    )

  const remove = (checkpoint: CheckpointId, permissionId: PermissionId) =>
    traced("delete", { checkpoint, permission: permissionId }, (span) =>
      Effect.gen(function* () {
        const path = yield* Routes.permission("delete", checkpoint, permissionId)
        const gone: PermissionDeleted = { id: permissionId, object: "checkpoint.permission", deleted: true }
        return yield* deleted({
          operation: "delete",
          span,
          checkpoint,
          attempt: (tell) => send(HttpClientRequest.setMethod(to(path), "DELETE"), decodeDeleted, span, tell),
          settle: (error) => (error._tag === "NotFound" ? Option.some(gone) : Option.none()),
          settleReply: (reply) => ({ ...reply, deleted: true })
        })
      }).pipe(Effect.withParentSpan(span))
    )

  const service: Service = {
    list,
    retrieve: list,
    pages: (checkpoint, params) => pagesOf(checkpoint, params, Chunk.of),
    stream: (checkpoint, params) => pagesOf(checkpoint, params, (page) => Chunk.unsafeFromArray(page.data)),
    create,
    delete: remove,
    server: { apiUrl: settings.baseUrl, organization: settings.headers["openai-organization"] },
    estimate: (requests) =>
      Effect.map(
        Effect.all([
          paces.list.estimate(requests.list ?? 0),
          paces.create.estimate(requests.create ?? 0),
          paces.delete.estimate(requests.delete ?? 0)
        ]),
        (times) => times.reduce(Duration.max)
      )
  }
  return service
})
