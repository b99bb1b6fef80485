/** Questions to a server, and what it answers. */
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"

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

const get = (operation: Operation, path: string, query: Query = []): Question => ({
  operation,
  method: "GET",
  path,
  query
})

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
