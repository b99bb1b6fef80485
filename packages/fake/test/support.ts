import { type http, server } from "@checkpoint-permissions/fake"
import { assert } from "vitest"

export const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"

export const other = "ft:gpt-4o-mini-2024-07-18:org:forecast:C8S0WkRe"

export const permissionsUrl = `https://api.openai.com/v1/fine_tuning/checkpoints/${checkpoint}/permissions`

export const authorized = { authorization: "Bearer sk-admin-test" }

/** The body of a create. */
export const granting = (...projectIds: ReadonlyArray<string>): RequestInit => ({
  method: "POST",
  headers: { ...authorized, "content-type": "application/json" },
  body: JSON.stringify({ project_ids: projectIds })
})

/** A request as the server takes it. */
export const request = (method: string, options: Partial<http.ServerRequest> & { readonly id?: string } = {}) => {
  const path = `/v1/fine_tuning/checkpoints/${checkpoint}/permissions${options.id === undefined ? "" : `/${options.id}`}`
  return {
    method,
    url: path,
    path,
    query: options.query ?? [],
    headers: options.headers ?? authorized,
    body: options.body ?? ""
  }
}

export const create = (...projectIds: ReadonlyArray<string>) =>
  request("POST", { body: JSON.stringify({ project_ids: projectIds }) })

/** The reply to a request that was not dropped. */
export const replyOf = (outcome: http.Outcome): { readonly status: number; readonly body: unknown } => {
  assert(outcome._tag === "Replied")
  const { body, status } = outcome.reply
  assert(body._tag === "Text")
  return { status, body: JSON.parse(body.text) }
}

/** Sends a `GET` below the base URL to the pure server. */
export const ask = (
  state: server.State,
  { path, query = [] }: { readonly path: string; readonly query?: http.ServerRequest["query"] },
  now = 0
) => {
  const handled = server.handle(state, { ...request("GET", { query }), url: path, path: `/v1${path}` }, now)
  return { state: handled.state, reply: replyOf(handled.outcome) }
}

/** Returns the error of a rejected promise. */
export const rejection = (promise: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(promise).then(
    () => assert.fail("it was not rejected"),
    (reason: unknown) => reason
  )

/** Every item of all pages. */
export const all = async <T>(pages: AsyncIterable<T>): Promise<ReadonlyArray<T>> => {
  const items: Array<T> = []
  for await (const item of pages) items.push(item)
  return items
}

/** The projects of a page. */
export const projectsOf = (page: unknown): ReadonlyArray<string> => {
  assert(typeof page === "object" && page !== null && "data" in page && Array.isArray(page.data))
  return page.data.map(({ project_id }) => project_id)
}

/** A field of something that was read from JSON. */
export const field = (value: unknown, ...path: ReadonlyArray<string | number>): unknown =>
  path.reduce<unknown>(
    (inner, name) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, name) : undefined),
    value
  )

/** The fields of each item of a page. */
export const items = (reply: { readonly body: unknown }, name: string): ReadonlyArray<unknown> => {
  const data = field(reply.body, "data")
  return Array.isArray(data) ? data.map((item: unknown) => field(item, name)) : []
}
