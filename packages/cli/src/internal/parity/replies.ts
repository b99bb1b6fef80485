/** The replies of a recording, by their fields. */
import { type Fields, isFields, itemsOf, textAt, valueAt } from "../server/body.ts"
import type { Request } from "./grammar.ts"

export type Requests = ReadonlyArray<Request>

/** The page of a reply, with its request. */
export interface Page {
  readonly request: Request
  readonly items: ReadonlyArray<Fields>
  readonly more: boolean
  readonly lastId: string | undefined
}

export const bodyOf = ({ reply }: Request): Fields => (isFields(reply?.body) ? reply.body : {})

/** Returns the pages in the replies to requests. */
export const pagesOf = (requests: Requests): ReadonlyArray<Page> =>
  requests.flatMap((request) => {
    const body = bodyOf(request)
    const { data, has_more: more } = body
    if (request.reply?.status !== 200 || !Array.isArray(data)) return []
    return [{ request, items: itemsOf(body), more: more === true, lastId: textAt(body, "last_id") }]
  })

export const queryOf = ({ query }: Request, name: string): string | undefined =>
  query.find(([one]) => one === name)?.[1]

const getsOf = (path: RegExp) => (requests: Requests) =>
  requests.filter((request) => request.method === "GET" && path.test(request.path))

export const listing = /^\/fine_tuning\/checkpoints\/(checkpoint_\d+)\/permissions$/
export const modelPermissions = /^\/organization\/projects\/(project_\d+)\/model_permissions$/
export const ofListings = getsOf(listing)
export const ofModelPermissions = getsOf(modelPermissions)
export const ofModels = getsOf(/^\/models$/)
export const ofAuditLogs = getsOf(/^\/organization\/audit_logs$/)
export const ofProjects = getsOf(/^\/organization\/projects$/)

/** Returns the requests before the first write. */
export const beforeWrites = (requests: Requests): Requests => {
  const first = requests.findIndex(({ method }) => method !== "GET")
  return first < 0 ? requests : requests.slice(0, first)
}

/** Returns the details of an event. */
export const detailsOf = (event: Fields): unknown => valueAt(event, textAt(event, "type") ?? "")

/** Returns the rank of a recorded time. */
export const rankOf = (time: unknown): number | undefined =>
  typeof time === "string" && time.startsWith("time_") ? Number(time.slice("time_".length)) : undefined

/** Returns the first grant that the server executed, with the first permission in its reply. */
export const firstGrant = (requests: Requests) => {
  const [page] = pagesOf(requests.filter(({ method }) => method === "POST"))
  const id = textAt(page?.items[0], "id")
  return page === undefined || id === undefined
    ? undefined
    : { request: page.request, id, rank: rankOf(page.items[0]?.["created_at"]) }
}
