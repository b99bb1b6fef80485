/** The replies of a recording, by their fields. */
import * as Predicate from "effect/Predicate"
import type { Json, Request } from "./grammar.ts"

export type Fields = { readonly [name: string]: Json }

export const isFields = (value: Json | undefined): value is Fields => Predicate.isRecord(value)

export const textAt = (fields: Fields, name: string): string | undefined => {
  const value = fields[name]
  return typeof value === "string" ? value : undefined
}

export const fieldsAt = (fields: Fields, name: string): Fields => {
  const value = fields[name]
  return isFields(value) ? value : {}
}

/** A page in a reply, with what was asked. */
export interface Page {
  readonly request: Request
  readonly items: ReadonlyArray<Fields>
  readonly more: boolean
}

export const bodyOf = ({ reply }: Request): Fields => (isFields(reply?.body) ? reply.body : {})

export const pageOf = (request: Request): ReadonlyArray<Page> => {
  const { data, has_more: more } = bodyOf(request)
  return request.reply?.status === 200 && Array.isArray(data)
    ? [{ request, items: data.filter(isFields), more: more === true }]
    : []
}

export const queryOf = ({ query }: Request, name: string): string | undefined =>
  query.find(([one]) => one === name)?.[1]

export const isGet = (path: RegExp) => (request: Request) => request.method === "GET" && path.test(request.path)

export const listing = /^\/fine_tuning\/checkpoints\/(checkpoint_\d+)\/permissions$/
export const auditLogs = /^\/organization\/audit_logs$/
export const projects = /^\/organization\/projects$/
export const modelPermissions = /^\/organization\/projects\/(project_\d+)\/model_permissions$/

/** The requests before the first write. */
export const beforeWrites = (requests: ReadonlyArray<Request>): ReadonlyArray<Request> => {
  const first = requests.findIndex(({ method }) => method !== "GET")
  return first < 0 ? requests : requests.slice(0, first)
}

/** The permissions that the run created. */
export const madeIn = (requests: ReadonlyArray<Request>): ReadonlySet<string> =>
  new Set(
    requests
      .filter(({ method }) => method === "POST")
      .flatMap(pageOf)
      .flatMap(({ items }) => items.flatMap((item) => textAt(item, "id") ?? []))
  )

export const detailsOf = (event: Fields): Fields => fieldsAt(event, textAt(event, "type") ?? "")
