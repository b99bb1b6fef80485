/**
 * The operations of the API, one row each: the request, the reader of the reply, and the result of a repeated write.
 *
 * To add a parameter to `list`, change these in order:
 *
 * 1. `wire.ListParams` has its type, `Permission.ListParams` of `core` and of `effect4` its schema.
 * 2. `parameters.checkListParams` accepts or refuses it. The row `list` below sends every accepted parameter, and every
 *    request of `pages` and `stream` has it. The contract's `everyParam` has a value.
 * 3. In `fake`, `parameters` of `internal/api/endpoints` names it, and `list` of `internal/api/permissions` applies it.
 * 4. In `cli`, `commands/api` has its flag.
 *
 * To add an operation, change these in order:
 *
 * 1. `failure.repeats` has its name, and the effect of repeating it. All decisions about retries follow from there.
 * 2. A row below has its request and the reader of its reply. A write has `resolveWrite` if a lost reply needs it.
 * 3. In `fake`, `operations` of `internal/faults/model` and `endpoints` of `internal/api/endpoints` name it, and a
 *    module of `internal/api` or `internal/organization` answers it.
 * 4. `client` and `effect4` have a method: `internal/service` and `internal/operations` for permissions,
 *    `Organization` or `ProjectModels` for the others.
 *
 * Options that every operation has, such as `deadline`, are not parameters. They are `CallOptions`, in
 * `internal/callOptions` of `client` and of `effect4`.
 */

import type { RequestOperation } from "./failure.ts"
import { refuseCheckpoint, refuseJob, refusePermission, refuseProject } from "./identifiers.ts"
import * as shapes from "./internal/lists.ts"
import * as S from "./internal/wire.ts"
import { type Checked, checkEventTypes, checkListParams, checkProjectIds } from "./parameters.ts"
import type { ResolveWrite } from "./retrying.ts"
import * as wire from "./wire.ts"

/** The query of a request. An array is sent as several fields with the same name. */
export type Query = Readonly<Record<string, string | number | boolean | ReadonlyArray<string> | undefined>>

/** The position of a page in any listing except that of permissions. */
export interface Place {
  readonly after?: string | undefined
  readonly limit?: number | undefined
}

/**
 * A filter for events of the audit log. Times are milliseconds since the epoch. The log has whole seconds, so the
 * seconds of both times are included.
 */
export interface EventFilter {
  readonly since?: number | undefined
  /** The end of the period, exclusive. */
  readonly until?: number | undefined
  readonly types?: unknown
}

/** A request below the base URL, without the key. */
export interface Request {
  readonly method: "GET" | "POST" | "DELETE"
  /** The encoded path. */
  readonly path: string
  readonly query?: Query | undefined
  readonly body?: { readonly project_ids: ReadonlyArray<string> } | undefined
}

/** One call of an operation, with checked parameters. */
export interface Call<R> {
  readonly operation: RequestOperation
  readonly checkpoint: string | undefined
  /** The path with placeholders instead of ids, for spans. */
  readonly template: string
  readonly ids: Readonly<Record<string, string>>
  readonly request: Request
  readonly read: (json: unknown) => wire.Read<R>
  readonly resolveWrite: ResolveWrite<R>
}

/** The placeholders of paths: name, public name of the parameter, and rule of the id. */
const placeholders = [
  ["checkpoint", "checkpoint", refuseCheckpoint],
  ["permission", "permissionId", refusePermission],
  ["job", "job", refuseJob],
  ["project", "project", refuseProject]
] as const

/** Returns the path for a template, with its ids. Checks each id. */
export const route = (template: string, given: object): Checked<{ path: string; ids: Record<string, string> }> => {
  const ids: Record<string, string> = {}
  let path = template
  for (const [name, field, refuse] of placeholders) {
    if (!template.includes(`{${name}}`)) continue
    const id: unknown = Reflect.get(given, name)
    const reason = refuse(id)
    if (reason !== undefined) return { field, reason }
    ids[name] = String(id)
    path = path.replace(`{${name}}`, encodeURIComponent(String(id)))
  }
  return { ok: { path, ids } }
}

const mapped = <A, B>(checked: Checked<A>, of: (value: A) => B): Checked<B> =>
  "reason" in checked ? checked : { ok: of(checked.ok) }

/** A row of the table. `Input` has the ids that the template names. */
interface Row<Input, R> {
  readonly operation: RequestOperation
  /** Default: `"GET"`. */
  readonly method?: Request["method"]
  readonly template: string
  readonly sent?: (input: Input) => Checked<Pick<Request, "query" | "body">>
  readonly read: (json: unknown) => wire.Read<R>
  readonly resolveWrite?: (input: Input) => ResolveWrite<R>
}

const prepare =
  <Input extends object, R>({ method = "GET", operation, read, sent, resolveWrite, template }: Row<Input, R>) =>
  (input: Input): Checked<Call<R>> => {
    const checked = route(template, input)
    if ("reason" in checked) return checked
    const { ids, path } = checked.ok
    return mapped(sent?.(input) ?? { ok: {} }, (parts) => ({
      operation,
      checkpoint: ids["checkpoint"],
      template,
      ids,
      request: { method, path, ...parts },
      read,
      resolveWrite: resolveWrite?.(input) ?? ((result) => result)
    }))
  }

const permissions = "/fine_tuning/checkpoints/{checkpoint}/permissions"

/**
 * Makes the table for the branded ids of an adapter. Each row checks its input, and returns a call or the reason of the
 * refusal.
 */
export const make = <PermissionId extends string, ProjectId extends string>(ids: wire.Ids<PermissionId, ProjectId>) => {
  const readPage = wire.readPage(ids)
  return {
    list: prepare({
      operation: "list",
      template: permissions,
      sent: ({ params }: { readonly checkpoint: string; readonly params: unknown }) =>
        mapped(checkListParams(params), (checked) => ({ query: { ...checked } })),
      read: readPage
    }),
    create: prepare({
      operation: "create",
      method: "POST",
      template: permissions,
      sent: ({ projectIds }: { readonly checkpoint: string; readonly projectIds: unknown }) =>
        mapped(checkProjectIds(projectIds), (project_ids) => ({ body: { project_ids } })),
      read: readPage
    }),
    delete: prepare<{ readonly checkpoint: string; readonly permission: string }, wire.Deleted<PermissionId>>({
      operation: "delete",
      method: "DELETE",
      template: `${permissions}/{permission}`,
      read: wire.readDeleted(ids),
      // if nothing is found, an earlier attempt whose reply was lost has deleted it
      resolveWrite:
        ({ permission }) =>
        (result, earlierMayHaveExecuted) =>
          earlierMayHaveExecuted &&
          "failure" in result &&
          result.failure.kind === "NotFoundError" &&
          ids.isPermissionId(permission)
            ? { reply: { id: permission, object: "checkpoint.permission", deleted: true } }
            : result
    })
  }
}

/** Makes the row of any listing except that of permissions. */
const list = <Input extends object, Item>(
  operation: RequestOperation,
  template: string,
  item: S.Shape<Item>,
  queryOf: (input: Input) => Checked<Query> = () => ({ ok: {} })
) =>
  prepare<Input & { readonly place?: Place | undefined }, wire.ItemPage<Item>>({
    operation,
    template,
    sent: (input) => mapped(queryOf(input), (query) => ({ query: { ...query, ...input.place } })),
    read: S.reader(S.itemPage(item))
  })

/** Makes the rows of the other listings. */
export const lists = <ProjectId extends string>(ids: Pick<wire.Ids<string, ProjectId>, "isProjectId">) => ({
  "list-projects": list(
    "list-projects",
    "/organization/projects",
    shapes.project(ids),
    ({ includeArchived }: { readonly includeArchived?: boolean | undefined }) => ({
      ok: { include_archived: includeArchived }
    })
  ),
  "list-audit-logs": list(
    "list-audit-logs",
    "/organization/audit_logs",
    shapes.auditEvent,
    ({ since, types, until }: EventFilter) =>
      mapped(checkEventTypes(types), (names) => ({
        "event_types[]": names,
        "effective_at[gte]": since === undefined ? undefined : Math.floor(since / 1000),
        "effective_at[lt]": until === undefined ? undefined : Math.ceil(until / 1000)
      }))
  ),
  "list-admin-keys": list("list-admin-keys", "/organization/admin_api_keys", shapes.adminKey),
  // the reply for a project without model permissions may be a 404
  "get-model-permissions": prepare<{ readonly project: string }, wire.ModelPermissions | undefined>({
    operation: "get-model-permissions",
    template: "/organization/projects/{project}/model_permissions",
    read: (json) => {
      const reply = S.reader(shapes.modelPermissions)(json)
      return "ok" in reply ? { ok: { mode: reply.ok.mode, models: reply.ok.model_ids } } : reply
    },
    resolveWrite: () => (result) =>
      "failure" in result && result.failure.kind === "NotFoundError" ? { reply: undefined } : result
  }),
  "list-models": prepare<{ readonly place?: Place | undefined }, wire.ItemPage<wire.Model>>({
    operation: "list-models",
    template: "/models",
    read: (json) => {
      const reply = S.reader(shapes.models)(json)
      return "ok" in reply ? { ok: { ...reply.ok, has_more: false } } : reply
    }
  }),
  "list-jobs": list("list-jobs", "/fine_tuning/jobs", shapes.job),
  "list-job-checkpoints": list<{ readonly job: string }, wire.JobCheckpoint>(
    "list-job-checkpoints",
    "/fine_tuning/jobs/{job}/checkpoints",
    shapes.jobCheckpoint
  )
})

/** An attempt of a call, for its span. */
export interface Attempt {
  readonly method: string
  readonly template: string
  /** Counted from 1. */
  readonly number: number
}

/** Returns the attributes of the client span of an attempt. */
export const attemptAttributes = (
  { method, number, template }: Attempt,
  server: { readonly hostname: string; readonly port: string }
): Readonly<Record<string, string | number>> => ({
  "http.request.method": method,
  "server.address": server.hostname,
  ...(server.port === "" ? {} : { "server.port": Number(server.port) }),
  "url.template": template,
  ...(number === 1 ? {} : { "http.request.resend_count": number - 1 })
})
