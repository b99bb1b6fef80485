/** Requests to a server and its replies. Replies are read without schemas, since a server may send anything. */
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"

/** The operations that are requested. Each has its own rate limiter. */
export type Operation =
  | "list"
  | "create"
  | "delete"
  | "list-models"
  | "list-projects"
  | "get-model-permissions"
  | "list-audit-logs"

export interface ApiRequest {
  readonly operation: Operation
  readonly method: "GET" | "POST" | "DELETE"
  /** Below the base URL, percent-encoded. */
  readonly path: string
  readonly query: ReadonlyArray<readonly [name: string, value: string]>
  /** The value that is sent as JSON. */
  readonly body?: unknown
}

export interface ApiResponse {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The parsed JSON; `undefined` if the text is not JSON. */
  readonly body: unknown
}

export interface Exchange {
  readonly request: ApiRequest
  readonly response: ApiResponse
}

/** A question without an answer: it was not sent (`sent` is false), or it is unknown whether the server executed it. */
export class Unanswered extends Data.TaggedError("Unanswered")<{ readonly reason: string; readonly sent: boolean }> {
  override get message(): string {
    return this.reason
  }
}

export type Send = (question: ApiRequest) => Effect.Effect<ApiResponse, Unanswered>

const permissions = (checkpoint: string): string =>
  `/fine_tuning/checkpoints/${encodeURIComponent(checkpoint)}/permissions`

type Query = ApiRequest["query"]

const get = (operation: Operation, path: string, query: Query = []) =>
  ({ operation, method: "GET", path, query }) as const

export const list = (checkpoint: string, query: Query = []): ApiRequest => get("list", permissions(checkpoint), query)

export const create = (checkpoint: string, projectIds: ReadonlyArray<string>): ApiRequest => ({
  operation: "create",
  method: "POST",
  path: permissions(checkpoint),
  query: [],
  body: { project_ids: projectIds }
})

export const remove = (checkpoint: string, permissionId: string): ApiRequest => ({
  operation: "delete",
  method: "DELETE",
  path: `${permissions(checkpoint)}/${encodeURIComponent(permissionId)}`,
  query: []
})

export const models: ApiRequest = get("list-models", "/models")

export const projects = (limit: number): ApiRequest =>
  get("list-projects", "/organization/projects", [["limit", String(limit)]])

export const modelPermissions = (project: string): ApiRequest =>
  get("get-model-permissions", `/organization/projects/${encodeURIComponent(project)}/model_permissions`)

export const auditLogs = (query: Query): ApiRequest => get("list-audit-logs", "/organization/audit_logs", query)

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

const at = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>((inner, name) => (Predicate.isRecord(inner) ? inner[name] : undefined), value)

/** Returns the error of the envelope. Each field is `undefined` if it is not a text. */
export const errorOf = ({ body }: ApiResponse) => {
  const field = (name: string) => text(at(body, "error", name))
  return { message: field("message"), type: field("type"), param: field("param"), code: field("code") }
}

export interface Page {
  readonly items: ReadonlyArray<{ readonly id: string; readonly project: string | undefined }>
  readonly more: boolean
}

/** Returns the page of a listing, or `undefined` if the body is not one. */
export const pageOf = ({ body, status }: ApiResponse): Page | undefined => {
  const data = at(body, "data")
  const more = at(body, "has_more")
  if (status !== 200 || !Array.isArray(data) || typeof more !== "boolean") return undefined
  const items = data.flatMap((item: unknown) => {
    const id = text(at(item, "id"))
    return id === undefined ? [] : [{ id, project: text(at(item, "project_id")) }]
  })
  return items.length === data.length ? { items, more } : undefined
}

const types = ["checkpoint.permission.created", "checkpoint.permission.deleted"] as const

/** An event of a permission in the audit log. */
export interface Event {
  readonly id: string
  readonly type: (typeof types)[number]
  readonly permission: string
  readonly checkpoint: string | undefined
  readonly project: string | undefined
}

/** Returns the events of permissions on a page of the audit log, or `undefined` if the body is not one. */
export const eventsOf = ({ body, status }: ApiResponse): ReadonlyArray<Event> | undefined => {
  const data = at(body, "data")
  if (status !== 200 || !Array.isArray(data)) return undefined
  return data.flatMap((event: unknown) => {
    const id = text(at(event, "id"))
    const type = types.find((one) => one === at(event, "type"))
    if (id === undefined || type === undefined) return []
    const permission = text(at(event, type, "id"))
    if (permission === undefined) return []
    const project = text(at(event, type, "data", "project_id"))
    return [{ id, type, permission, project, checkpoint: text(at(event, type, "data", "fine_tuned_model_checkpoint")) }]
  })
}

export const deletedOf = ({ body, status }: ApiResponse): boolean | undefined => {
  const deleted = at(body, "deleted")
  return status === 200 && typeof deleted === "boolean" ? deleted : undefined
}

export const modelPermissionsOf = ({ body, status }: ApiResponse) => {
  const mode = text(at(body, "mode"))
  const ids = at(body, "model_ids")
  return status === 200 && mode !== undefined && Array.isArray(ids) ? { mode, models: ids.length } : undefined
}
