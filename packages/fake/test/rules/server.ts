import { type FakeFetch, type FetchOptions, makeFetch } from "@checkpoint-permissions/fake"
import { assert, it } from "vitest"
import { mismatch } from "../fixtures/schemas.ts"
import { checkpoint, field, items } from "../support.ts"

export { checkpoint, field, items, other } from "../support.ts"

export interface Call {
  readonly checkpoint?: string
  /** Below the base URL, instead of the permissions of a checkpoint. */
  readonly path?: string
  readonly id?: string
  readonly query?: Readonly<Record<string, string>> | ReadonlyArray<readonly [string, string]>
  readonly json?: unknown
  readonly text?: string
  readonly contentType?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

/** A server in manual time, and what is sent to it. */
export interface Server {
  readonly fake: FakeFetch
  readonly call: (method: string, options?: Call) => Promise<Reply>
  /** Whatever is below the base URL, with a key. */
  readonly get: (path: string, query?: Call["query"], key?: string) => Promise<Reply>
  readonly logs: (query?: Call["query"]) => Promise<Reply>
  readonly list: (query?: Call["query"], options?: Call) => Promise<Reply>
  readonly create: (projectIds: unknown, options?: Call) => Promise<Reply>
  readonly remove: (id: string, options?: Call) => Promise<Reply>
}

const urlOf = (call: Call): string => {
  const permissions = `/fine_tuning/checkpoints/${encodeURIComponent(call.checkpoint ?? checkpoint)}/permissions`
  const path = call.path ?? `${permissions}${call.id === undefined ? "" : `/${encodeURIComponent(call.id)}`}`
  const query = new URLSearchParams([...(Array.isArray(call.query) ? call.query : Object.entries(call.query ?? {}))])
  return `https://api.openai.com/v1${path}${query.size === 0 ? "" : `?${query}`}`
}

export const open = (options: FetchOptions = {}): Server => {
  const fake = makeFetch({ clock: "manual", ...options })
  /** A reply without a fault is held against its schema. */
  const call: Server["call"] = async (method, sent = {}) => {
    const body = sent.text ?? (sent.json === undefined ? undefined : JSON.stringify(sent.json))
    const response = await fake(urlOf(sent), {
      method,
      headers: {
        ...(body === undefined ? {} : { "content-type": sent.contentType ?? "application/json" }),
        ...(sent.headers ?? { authorization: "Bearer sk-admin-test" })
      },
      ...(body === undefined ? {} : { body })
    })
    const reply = {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: await response.json()
    }
    const record = fake.requests().find(({ requestId }) => requestId === reply.headers["x-request-id"])
    assert(record !== undefined)
    if (record.fault === undefined) assert.isUndefined(mismatch(record, reply))
    return reply
  }
  const get: Server["get"] = (path, query = {}, key = "sk-admin-1") =>
    call("GET", { path, query, headers: { authorization: `Bearer ${key}` } })
  return {
    fake,
    call,
    get,
    logs: (query) => get("/organization/audit_logs", query),
    list: (query = {}, more) => call("GET", { ...more, query }),
    create: (projectIds, more) => call("POST", { ...more, json: { project_ids: projectIds } }),
    remove: (id, more) => call("DELETE", { ...more, id })
  }
}

/** A test with a server of its own. */
export const rule = (what: string, options: FetchOptions, use: (server: Server) => Promise<void>) =>
  it(what, () => use(open(options)))

export const ids = (reply: { readonly body: unknown }) => items(reply, "id")

/** With another key. */
export const as = (key: string) => ({ headers: { authorization: `Bearer ${key}` } })

export const projects = (reply: { readonly body: unknown }): ReadonlyArray<unknown> => items(reply, "project_id")

export const failed = (
  reply: { readonly status: number; readonly body: unknown },
  status: number,
  expected: {
    readonly message?: RegExp
    readonly type?: string
    readonly param?: string | null
    readonly code?: string | null
  } = {}
): void => {
  assert.strictEqual(reply.status, status, JSON.stringify(reply.body))
  const error = field(reply.body, "error")
  assert.containsAllKeys(error, ["message", "type", "param", "code"])
  if (expected.message !== undefined) assert.match(String(field(error, "message")), expected.message)
  assert.strictEqual(field(error, "type"), expected.type ?? "invalid_request_error")
  if (expected.param !== undefined) assert.strictEqual(field(error, "param"), expected.param)
  if (expected.code !== undefined) assert.strictEqual(field(error, "code"), expected.code)
}

/** Runs what a test of several rows does, with a server of its own. */
export const within = (options: FetchOptions, use: (server: Server) => Promise<void>): Promise<void> =>
  use(open(options))
