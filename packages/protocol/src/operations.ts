/** The operations of the API, a row each: what is sent, how a reply is read, and what it settles. */
import type { Result, Settle } from "./calling.ts"
import { type Checked, checkListParams, checkProjectIds } from "./parameters.ts"
import * as routes from "./routes.ts"
import { onDelete, onDeleted } from "./settling.ts"
import * as wire from "./wire.ts"

/** A request below the base URL, without the key. */
export interface Request {
  readonly method: "GET" | "POST" | "DELETE"
  /** Encoded. */
  readonly path: string
  readonly query?: wire.ListParams | undefined
  /** Sent as JSON. */
  readonly body?: { readonly project_ids: ReadonlyArray<string> } | undefined
}

/** One call of an operation, with checked parameters. */
export interface Call<R> {
  readonly operation: "list" | "create" | "delete"
  readonly checkpoint: string
  /** The path with placeholders, for spans: no id is in it. */
  readonly template: string
  /** The ids in the path, by their names. */
  readonly ids: Readonly<Record<string, string>>
  readonly request: Request
  readonly read: (json: unknown) => wire.Read<R>
  readonly settle: Settle<R>
}

const asItIs = <R>(result: Result<R>): Result<R> => result

/** A row of the table: what an operation makes of what it is given. */
interface Row<Input extends { readonly checkpoint: string }, R> {
  readonly operation: Call<R>["operation"]
  readonly method: Request["method"]
  readonly template: string
  readonly path: (input: Input) => routes.Route
  readonly ids?: (input: Input) => Readonly<Record<string, string>>
  readonly query?: (input: Input) => Checked<wire.ListParams>
  readonly body?: (input: Input) => Checked<NonNullable<Request["body"]>>
  readonly read: (json: unknown) => wire.Read<R>
  readonly settle?: (input: Input) => Settle<R>
}

const prepare =
  <Input extends { readonly checkpoint: string }, R>(row: Row<Input, R>) =>
  (input: Input): Checked<Call<R>> => {
    const { method, operation, read, template } = row
    const route = row.path(input)
    if ("reason" in route) return route
    const query = row.query?.(input) ?? { ok: undefined }
    if ("reason" in query) return query
    const body = row.body?.(input) ?? { ok: undefined }
    if ("reason" in body) return body
    const { checkpoint } = input
    const request = { method, path: route.path, query: query.ok, body: body.ok }
    const settle = row.settle?.(input) ?? asItIs
    return { ok: { operation, checkpoint, template, ids: row.ids?.(input) ?? { checkpoint }, request, read, settle } }
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
      query: ({ params }) => checkListParams(params),
      read: readPage
    }),
    create: prepare<{ readonly checkpoint: string; readonly projectIds: unknown }, wire.Page<PermissionId, ProjectId>>({
      operation: "create",
      method: "POST",
      template: routes.templates.permissions,
      path: ({ checkpoint }) => routes.permissions(checkpoint),
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
