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
  readonly ids?: (input: Input) => Call<R>["ids"]
  readonly query?: (input: Input) => Checked<Query | wire.ListParams | undefined>
  readonly projectIds?: (input: Input) => Checked<ReadonlyArray<string>>
  readonly read: (json: unknown) => wire.Read<R>
  readonly settle?: (input: Input) => Settle<R>
}

const prepare =
  <Input, R>(row: Row<Input, R>) =>
  (input: Input): Checked<Call<R>> => {
    const { method, operation, read, template } = row
    const ids = row.ids?.(input) ?? {}
    const route = routes.route(template, ids)
    if ("reason" in route) return route
    const query = row.query?.(input) ?? { ok: undefined }
    if ("reason" in query) return query
    const projects = row.projectIds?.(input) ?? { ok: undefined }
    if ("reason" in projects) return projects
    const body = projects.ok && { project_ids: projects.ok }
    const request = { method, path: route.path, query: query.ok && { ...query.ok }, body }
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
      ids: ({ checkpoint }) => ({ checkpoint }),
      query: ({ params }) => checkListParams(params),
      read: readPage
    }),
    create: prepare<{ readonly checkpoint: string; readonly projectIds: unknown }, wire.Page<PermissionId, ProjectId>>({
      operation: "create",
      method: "POST",
      template: routes.templates.permissions,
      ids: ({ checkpoint }) => ({ checkpoint }),
      projectIds: ({ projectIds }) => checkProjectIds(projectIds),
      read: readPage
    }),
    delete: prepare<{ readonly checkpoint: string; readonly permission: string }, wire.Deleted<PermissionId>>({
      operation: "delete",
      method: "DELETE",
      template: routes.templates.permission,
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

/** A list next to those of permissions, of which a place is asked for. */
const list = <Input extends object, Item>(
  operation: RequestOperation,
  template: string,
  read: (json: unknown) => wire.Read<wire.List<Item>>,
  others: Partial<Row<Input & { readonly place?: Place | undefined }, wire.List<Item>>> = {}
) =>
  prepare<Input & { readonly place?: Place | undefined }, wire.List<Item>>({
    operation,
    method: "GET",
    template,
    query: ({ place }) => ({ ok: place }),
    read,
    ...others
  })

/** The rows of the lists next to those of permissions. */
export const lists = <ProjectId extends string>(ids: Pick<wire.Ids<string, ProjectId>, "isProjectId">) => ({
  "list-projects": list<{ readonly includeArchived?: boolean | undefined }, wire.Project<ProjectId>>(
    "list-projects",
    routes.templates.projects,
    (json) => wire.readProjects(json, ids),
    { query: ({ includeArchived, place }) => ({ ok: { include_archived: includeArchived, ...place } }) }
  ),
  "list-audit-logs": list<EventFilter, wire.AuditEvent>(
    "list-audit-logs",
    routes.templates.auditLogs,
    wire.readEvents,
    {
      query: ({ place, since, types, until }) => {
        const checked = checkEventTypes(types)
        if ("reason" in checked) return checked
        const from = since === undefined ? undefined : Math.floor(since / 1000)
        const before = until === undefined ? undefined : Math.ceil(until / 1000)
        return {
          ok: { "event_types[]": checked.ok, "effective_at[gte]": from, "effective_at[lt]": before, ...place }
        }
      }
    }
  ),
  "list-admin-keys": list<object, wire.AdminKey>("list-admin-keys", routes.templates.adminKeys, wire.readAdminKeys),
  // not paged
  "list-models": list<object, wire.Model>("list-models", routes.templates.models, wire.readModels),
  "list-jobs": list<object, wire.FineTuningJob>("list-jobs", routes.templates.jobs, wire.readJobs),
  "list-job-checkpoints": list<{ readonly job: string }, wire.JobCheckpoint>(
    "list-job-checkpoints",
    routes.templates.jobCheckpoints,
    wire.readJobCheckpoints,
    { ids: ({ job }) => ({ job }) }
  )
})
