/** What an answer holds, read by hand: a server may send anything. */
import * as Predicate from "effect/Predicate"
import type { Answer } from "./exchange.ts"

export interface ErrorBody {
  readonly message: string | undefined
  readonly type: string | undefined
  readonly param: string | undefined
  readonly code: string | undefined
}

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

const at = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>((inner, name) => (Predicate.isRecord(inner) ? inner[name] : undefined), value)

/** The error of the envelope; each field is `undefined` where there is no text. */
export const errorOf = ({ body }: Answer): ErrorBody => ({
  message: text(at(body, "error", "message")),
  type: text(at(body, "error", "type")),
  param: text(at(body, "error", "param")),
  code: text(at(body, "error", "code"))
})

export interface Item {
  readonly id: string
  readonly project: string | undefined
}

export interface Page {
  readonly items: ReadonlyArray<Item>
  readonly more: boolean
}

/** A page of a listing; `undefined` if it is none. */
export const pageOf = ({ body, status }: Answer): Page | undefined => {
  const data = at(body, "data")
  const more = at(body, "has_more")
  if (status !== 200 || !Array.isArray(data) || typeof more !== "boolean") return undefined
  const items: Array<Item> = []
  for (const item of data) {
    const id = text(at(item, "id"))
    if (id === undefined) return undefined
    items.push({ id, project: text(at(item, "project_id")) })
  }
  return { items, more }
}

/** An event of a permission in the audit log. */
export interface Event {
  readonly id: string
  readonly type: "checkpoint.permission.created" | "checkpoint.permission.deleted"
  readonly permission: string
  readonly checkpoint: string | undefined
  readonly project: string | undefined
}

const types = ["checkpoint.permission.created", "checkpoint.permission.deleted"] as const

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

export const modelPermissionsOf = ({
  body,
  status
}: Answer): { readonly mode: string; readonly models: number } | undefined => {
  const mode = text(at(body, "mode"))
  const ids = at(body, "model_ids")
  return status === 200 && mode !== undefined && Array.isArray(ids) ? { mode, models: ids.length } : undefined
}
