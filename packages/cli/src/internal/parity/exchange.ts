/** Requests to a server and its responses. */
import type { Operation } from "@checkpoint-permissions/fake/faults"
import { created, deleted } from "@checkpoint-permissions/protocol/events"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import { itemsOf, textAt, valueAt } from "../server/body.ts"

export interface ApiRequest {
  /** The operation of the API. Each has its own rate limiter. */
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

/** A request without a response. If `sent` is true, the server may have executed it. */
export class Unanswered extends Data.TaggedError("Unanswered")<{ readonly reason: string; readonly sent: boolean }> {}

export type Send = (request: ApiRequest) => Effect.Effect<ApiResponse, Unanswered>

const permissions = (checkpoint: string): string =>
  `/fine_tuning/checkpoints/${encodeURIComponent(checkpoint)}/permissions`

type Query = ApiRequest["query"]

const make =
  (operation: Operation, method: ApiRequest["method"] = "GET") =>
  (path: string, query: Query = [], body?: unknown): ApiRequest => ({ operation, method, path, query, body })

export const list = (checkpoint: string, query: Query = []) => make("list")(permissions(checkpoint), query)

export const create = (checkpoint: string, projectIds: ReadonlyArray<string>) =>
  make("create", "POST")(permissions(checkpoint), [], { project_ids: projectIds })

export const remove = (checkpoint: string, permissionId: string) =>
  make("delete", "DELETE")(`${permissions(checkpoint)}/${encodeURIComponent(permissionId)}`)

export const models = make("list-models")("/models")

export const projects = (limit: number) => make("list-projects")("/organization/projects", [["limit", String(limit)]])

export const modelPermissions = (project: string) =>
  make("get-model-permissions")(`/organization/projects/${encodeURIComponent(project)}/model_permissions`)

export const auditLogs = (query: Query) => make("list-audit-logs")("/organization/audit_logs", query)

export interface Page {
  readonly items: ReadonlyArray<{ readonly id: string; readonly project: string | undefined }>
  readonly more: boolean
}

/** Returns the page of a listing, or `undefined` if the body is not one. */
export const pageOf = ({ body, status }: ApiResponse): Page | undefined => {
  const [data, more] = [valueAt(body, "data"), valueAt(body, "has_more")]
  if (status !== 200 || !Array.isArray(data) || typeof more !== "boolean") return undefined
  const items = itemsOf(body).flatMap((item) => {
    const id = textAt(item, "id")
    return id === undefined ? [] : [{ id, project: textAt(item, "project_id") }]
  })
  return items.length === data.length ? { items, more } : undefined
}

export { created, deleted }

/** An event of a permission in the audit log. */
export interface Event {
  readonly id: string
  readonly type: typeof created | typeof deleted
  readonly permission: string
  readonly checkpoint: string | undefined
  readonly project: string | undefined
}

/** Returns the events of permissions on a page of the audit log, or `undefined` if the body is not one. */
export const eventsOf = ({ body, status }: ApiResponse): ReadonlyArray<Event> | undefined => {
  if (status !== 200 || !Array.isArray(valueAt(body, "data"))) return undefined
  return itemsOf(body).flatMap((event) => {
    const type = ([created, deleted] as const).find((one) => one === event["type"])
    const [id, permission] = [textAt(event, "id"), textAt(event, type ?? "", "id")]
    if (type === undefined || id === undefined || permission === undefined) return []
    const [project, checkpoint] = ["project_id", "fine_tuned_model_checkpoint"].map((name) =>
      textAt(event, type, "data", name)
    )
    return [{ id, type, permission, project, checkpoint }]
  })
}
