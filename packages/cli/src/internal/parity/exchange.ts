/** Questions to a server, and what it answers, read by hand: a server may send anything. */
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"

/** The operations that are asked, each with a pace of its own. */
export type Operation =
  | "list"
  | "create"
  | "delete"
  | "list-models"
  | "list-projects"
  | "get-model-permissions"
  | "list-audit-logs"

export interface Question {
  readonly operation: Operation
  readonly method: "GET" | "POST" | "DELETE"
  /** Below the base URL, percent-encoded. */
  readonly path: string
  readonly query: ReadonlyArray<readonly [name: string, value: string]>
  /** Sent as JSON. */
  readonly body?: unknown
}

export interface Answer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Read from JSON; `undefined` if it is none. */
  readonly body: unknown
}

export interface Exchange {
  readonly question: Question
  readonly answer: Answer
}

/** There is no answer: the question was not sent (`sent` is false), or what became of it is not known. */
export class Unanswered extends Data.TaggedError("Unanswered")<{ readonly reason: string; readonly sent: boolean }> {
  override get message(): string {
    return this.reason
  }
}

export type Ask = (question: Question) => Effect.Effect<Answer, Unanswered>

const permissions = (checkpoint: string): string =>
  `/fine_tuning/checkpoints/${encodeURIComponent(checkpoint)}/permissions`

type Query = Question["query"]

const get = (operation: Operation, path: string, query: Query = []) =>
  ({ operation, method: "GET", path, query }) as const

export const list = (checkpoint: string, query: Query = []): Question => get("list", permissions(checkpoint), query)

export const create = (checkpoint: string, projectIds: ReadonlyArray<string>): Question => ({
  operation: "create",
  method: "POST",
  path: permissions(checkpoint),
  query: [],
  body: { project_ids: projectIds }
})

export const remove = (checkpoint: string, permissionId: string): Question => ({
  operation: "delete",
  method: "DELETE",
  path: `${permissions(checkpoint)}/${encodeURIComponent(permissionId)}`,
  query: []
})

export const models: Question = get("list-models", "/models")

export const projects = (limit: number): Question =>
  get("list-projects", "/organization/projects", [["limit", String(limit)]])

export const modelPermissions = (project: string): Question =>
  get("get-model-permissions", `/organization/projects/${encodeURIComponent(project)}/model_permissions`)

export const auditLogs = (query: Query): Question => get("list-audit-logs", "/organization/audit_logs", query)

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

const at = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>((inner, name) => (Predicate.isRecord(inner) ? inner[name] : undefined), value)

/** The error of the envelope; each field is `undefined` where there is no text. */
export const errorOf = ({ body }: Answer) => {
  const field = (name: string) => text(at(body, "error", name))
  return { message: field("message"), type: field("type"), param: field("param"), code: field("code") }
}

export interface Page {
  readonly items: ReadonlyArray<{ readonly id: string; readonly project: string | undefined }>
  readonly more: boolean
}

/** A page of a listing; `undefined` if it is none. */
export const pageOf = ({ body, status }: Answer): Page | undefined => {
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

/** The events of permissions on a page of the audit log; `undefined` if it is none. */
export const eventsOf = ({ body, status }: Answer): ReadonlyArray<Event> | undefined => {
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

export const deletedOf = ({ body, status }: Answer): boolean | undefined => {
  const deleted = at(body, "deleted")
  return status === 200 && typeof deleted === "boolean" ? deleted : undefined
}

export const modelPermissionsOf = ({ body, status }: Answer) => {
  const mode = text(at(body, "mode"))
  const ids = at(body, "model_ids")
  return status === 200 && mode !== undefined && Array.isArray(ids) ? { mode, models: ids.length } : undefined
}
