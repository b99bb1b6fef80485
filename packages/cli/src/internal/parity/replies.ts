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

/** The page of a reply, with its request. */
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

/** Returns the requests before the first write. */
export const beforeWrites = (requests: ReadonlyArray<Request>): ReadonlyArray<Request> => {
  const first = requests.findIndex(({ method }) => method !== "GET")
  return first < 0 ? requests : requests.slice(0, first)
}

export const detailsOf = (event: Fields): Fields => fieldsAt(event, textAt(event, "type") ?? "")

/** Returns the rank of a recorded time. */
export const rankOf = (time: string | undefined): number | undefined =>
  time?.startsWith("time_") ? Number(time.slice("time_".length)) : undefined

/** Returns the first grant that the server executed, with the first permission in its reply. */
export const firstGrant = (requests: ReadonlyArray<Request>) => {
  const [page] = requests.filter(({ method }) => method === "POST").flatMap(pageOf)
  const [permission] = page?.items ?? []
  const id = textAt(permission ?? {}, "id")
  return page === undefined || permission === undefined || id === undefined
    ? undefined
    : { request: page.request, id, rank: rankOf(textAt(permission, "created_at")) }
}
