/** The operations of the API, a row each: what is sent, how a reply is read, and what it settles. */
import type { Result, Settle } from "./calling.ts"
import type { RequestOperation } from "./failure.ts"
import { type Checked, checkEventTypes, checkListParams, checkProjectIds } from "./parameters.ts"
import * as routes from "./routes.ts"
import { onDelete, onDeleted } from "./settling.ts"
import * as wire from "./wire.ts"

/** The query of a request. A field with several values stands for several fields. */
export type Query = Readonly<Record<string, string | number | boolean | ReadonlyArray<string> | undefined>>

/** Which page of a list next to those of permissions is asked for. */
export interface Place {
  readonly after?: string | undefined
  readonly limit?: number | undefined
}

/**
 * Which events of the audit log are asked for. Times are milliseconds since the epoch, and the log's are whole seconds:
 * no second that one of them is in is cut.
 */
export interface EventFilter {
  readonly since?: number | undefined
  /** Those before it. */
  readonly until?: number | undefined
  readonly types?: unknown
}

/** A request below the base URL, without the key. */
export interface Request {
  readonly method: "GET" | "POST" | "DELETE"
  /** Encoded. */
  readonly path: string
  readonly query?: Query | undefined
  readonly body?: { readonly project_ids: ReadonlyArray<string> } | undefined
}

/** One call of an operation, with checked parameters. */
export interface Call<R> {
  readonly operation: RequestOperation
  readonly checkpoint: string | undefined
  /** The path with placeholders, for spans: no id is in it. */
  readonly template: string
  readonly ids: Readonly<Record<string, string>>
  readonly request: Request
  readonly read: (json: unknown) => wire.Read<R>
  readonly settle: Settle<R>
}

const asItIs = <R>(result: Result<R>): Result<R> => result

/** A row of the table: what an operation makes of what it is given. */
interface Row<Input, R> {
  readonly operation: Call<R>["operation"]
  readonly method: Request["method"]
  readonly template: string
  readonly path: (input: Input) => routes.Route
  readonly ids?: (input: Input) => Readonly<Record<string, string>>
  readonly query?: (input: Input) => Checked<Query>
  readonly body?: (input: Input) => Checked<NonNullable<Request["body"]>>
  readonly read: (json: unknown) => wire.Read<R>
  readonly settle?: (input: Input) => Settle<R>
}

const prepare =
  <Input, R>(row: Row<Input, R>) =>
  (input: Input): Checked<Call<R>> => {
    const { method, operation, read, template } = row
    const route = row.path(input)
    if ("reason" in route) return route
    const query = row.query?.(input) ?? { ok: undefined }
    if ("reason" in query) return query
    const body = row.body?.(input) ?? { ok: undefined }
    if ("reason" in body) return body
    const ids = row.ids?.(input) ?? {}
    const request = { method, path: route.path, query: query.ok, body: body.ok }
    const settle = row.settle?.(input) ?? asItIs
    return { ok: { operation, checkpoint: ids["checkpoint"], template, ids, request, read, settle } }
  }

/**
 * The table, with the guards of branded ids. Each row takes what is not checked yet, and gives a call or why there is
 * none.
 */
export const make = <PermissionId extends string, ProjectId extends string>(ids: wire.Ids<PermissionId, ProjectId>) => {
  const readPage = (json: unknown) => wire.readPage(json, ids)
  return {
    list: prepare<{ readonly checkpoint: string; readonly params: unknown }, wire.Page<PermissionId, ProjectId>>({
      operation: "list",
      method: "GET",
      template: routes.templates.permissions,
      path: ({ checkpoint }) => routes.permissions(checkpoint),
      ids: ({ checkpoint }) => ({ checkpoint }),
      query: ({ params }) => {
        const checked = checkListParams(params)
        return "ok" in checked ? { ok: { ...checked.ok } } : checked
      },
      read: readPage
    }),
    create: prepare<{ readonly checkpoint: string; readonly projectIds: unknown }, wire.Page<PermissionId, ProjectId>>({
      operation: "create",
      method: "POST",
      template: routes.templates.permissions,
      path: ({ checkpoint }) => routes.permissions(checkpoint),
      ids: ({ checkpoint }) => ({ checkpoint }),
      body: ({ projectIds }) => {
        const checked = checkProjectIds(projectIds)
        return "ok" in checked ? { ok: { project_ids: checked.ok } } : checked
      },
      read: readPage
    }),
    delete: prepare<{ readonly checkpoint: string; readonly permission: string }, wire.Deleted<PermissionId>>({
      operation: "delete",
      method: "DELETE",
      template: routes.templates.permission,
      path: ({ checkpoint, permission }) => routes.permission(checkpoint, permission),
      ids: ({ checkpoint, permission }) => ({ checkpoint, permission }),
      read: (json) => wire.readDeleted(json, ids),
      settle:
        ({ permission }) =>
        (result, earlierMayHaveExecuted) => {
          if ("reply" in result) return { reply: onDeleted(result.reply, earlierMayHaveExecuted) }
          const isDone = onDelete(result.failure, earlierMayHaveExecuted) === "done"
          return isDone && ids.isPermissionId(permission)
            ? { reply: { id: permission, object: "checkpoint.permission", deleted: true } }
            : result
        }
    })
  }
}

/** The rows of the lists next to those of permissions. */
export const lists = <ProjectId extends string>(ids: Pick<wire.Ids<string, ProjectId>, "isProjectId">) => ({
  listProjects: prepare<
    { readonly includeArchived?: boolean | undefined; readonly place?: Place | undefined },
    wire.List<wire.Project<ProjectId>>
  >({
    operation: "list-projects",
    method: "GET",
    template: routes.templates.projects,
    path: () => ({ path: routes.templates.projects }),
    query: ({ includeArchived, place }) => ({ ok: { include_archived: includeArchived, ...place } }),
    read: (json) => wire.readProjects(json, ids)
  }),
  listEvents: prepare<EventFilter & { readonly place?: Place | undefined }, wire.List<wire.AuditEvent>>({
    operation: "list-audit-logs",
    method: "GET",
    template: routes.templates.auditLogs,
    path: () => ({ path: routes.templates.auditLogs }),
    query: ({ place, since, types, until }) => {
      const checked = checkEventTypes(types)
      if ("reason" in checked) return checked
      return {
        ok: {
          "event_types[]": checked.ok,
          "effective_at[gte]": since === undefined ? undefined : Math.floor(since / 1000),
          "effective_at[lt]": until === undefined ? undefined : Math.ceil(until / 1000),
          ...place
        }
      }
    },
    read: wire.readEvents
  }),
  listAdminKeys: prepare<{ readonly place?: Place | undefined }, wire.List<wire.AdminKey>>({
    operation: "list-admin-keys",
    method: "GET",
    template: routes.templates.adminKeys,
    path: () => ({ path: routes.templates.adminKeys }),
    query: ({ place }) => ({ ok: { ...place } }),
    read: wire.readAdminKeys
  }),
  // not paged
  listModels: prepare<object, wire.List<wire.Model>>({
    operation: "list-models",
    method: "GET",
    template: routes.templates.models,
    path: () => ({ path: routes.templates.models }),
    read: wire.readModels
  }),
  listJobs: prepare<{ readonly place?: Place | undefined }, wire.List<wire.FineTuningJob>>({
    operation: "list-jobs",
    method: "GET",
    template: routes.templates.jobs,
    path: () => ({ path: routes.templates.jobs }),
    query: ({ place }) => ({ ok: { ...place } }),
    read: wire.readJobs
  }),
  listJobCheckpoints: prepare<
    { readonly job: string; readonly place?: Place | undefined },
    wire.List<wire.JobCheckpoint>
  >({
    operation: "list-job-checkpoints",
    method: "GET",
    template: routes.templates.jobCheckpoints,
    path: ({ job }) => routes.jobCheckpoints(job),
    ids: ({ job }) => ({ job }),
    query: ({ place }) => ({ ok: { ...place } }),
    read: wire.readJobCheckpoints
  })
})
