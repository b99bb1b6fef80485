/** Mistakes of a server, each as a change of the requests to the fake and of its replies. */
import { HttpClient, HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { Effect } from "effect"

interface Item {
  readonly id: string
  readonly project_id?: string
  readonly created_at?: number
}

interface Body {
  readonly data?: ReadonlyArray<Item>
  readonly first_id?: string | null
  readonly last_id?: string | null
  readonly has_more?: boolean
  readonly error?: { readonly code: string | null; readonly param: string | null }
  readonly deleted?: boolean
}

interface Reply {
  readonly status: number
  readonly body: Body
}

export interface Call {
  readonly method: string
  /** Below the base URL. */
  readonly path: string
  readonly query: ReadonlyArray<readonly [name: string, value: string]>
}

type Send = (call: Partial<Call>) => Effect.Effect<Reply>

/** Answers a call. `send` sends it to the fake, with other parts if given. */
export type Mistake = (call: Call, send: Send) => Effect.Effect<Reply>

const isPermissions = ({ path }: Call) => path.endsWith("/permissions")
const isList = (call: Call) => isPermissions(call) && call.method === "GET"
const isCreate = (call: Call) => call.method === "POST"
const isDelete = (call: Call) => call.method === "DELETE"
const isLog = ({ path }: Call) => path.endsWith("/audit_logs")

const param = ({ query }: Call, name: string): string | undefined => query.find(([one]) => one === name)?.[1]

/** Changes the replies to some calls. */
const replies =
  (matches: (call: Call) => boolean, change: (reply: Reply, call: Call) => Reply): Mistake =>
  (call, send) =>
    Effect.map(send({}), (reply) => (matches(call) ? change(reply, call) : reply))

const status = (matches: (call: Call) => boolean, before: number, after: number): Mistake =>
  replies(matches, (reply) => (reply.status === before ? { ...reply, status: after } : reply))

const error = (matches: (call: Call) => boolean, change: Partial<NonNullable<Body["error"]>>): Mistake =>
  replies(matches, ({ body, status }) => ({
    status,
    body: body.error === undefined ? body : { ...body, error: { ...body.error, ...change } }
  }))

/** Changes the pages of some calls. */
const pages = (
  matches: (call: Call) => boolean,
  change: (page: Body & { readonly data: ReadonlyArray<Item> }, call: Call) => Body
): Mistake =>
  replies(matches, ({ body, status }, call) => ({
    status,
    body: status === 200 && body.data !== undefined ? change({ ...body, data: body.data }, call) : body
  }))

const withData = (body: Body, data: ReadonlyArray<Item>): Body => ({
  ...body,
  data,
  first_id: data[0]?.id ?? null,
  last_id: data.at(-1)?.id ?? null
})

const withLimit = (call: Call, limit: number) => ({
  query: [...call.query.filter(([name]) => name !== "limit"), ["limit", String(limit)] as const]
})

/** Sends the call with a limit of one more. */
const withOneMore = (call: Call, send: Send, byDefault: number) =>
  send(withLimit(call, Number(param(call, "limit") ?? byDefault) + 1))

export const mistakes: Readonly<Record<string, Readonly<Record<string, () => Mistake>>>> = {
  "status or code": {
    "an unknown cursor is refused with another code": () => error(isList, { code: "invalid_cursor" }),
    "a create is answered with 201": () => status(isCreate, 200, 201),
    "a delete is answered with 202": () => status(isDelete, 200, 202),
    "a missing scope has no code": () => error(({ path }) => path === "/models", { code: null }),
    "a limit of 0 is refused with another parameter": () =>
      error((call) => param(call, "limit") === "0", { param: "order" })
  },
  "count or has_more": {
    "a filtered page says that more follow": () =>
      pages(
        (call) => isList(call) && param(call, "project_id") !== undefined,
        (page) => ({ ...page, has_more: page.data.length > 0 })
      ),
    "a page of the log has one event too many": () => (call, send) =>
      isLog(call) ? withOneMore(call, send, 20) : send({}),
    "a page of projects has one too few": () =>
      pages(
        ({ path }) => path === "/organization/projects",
        (page) => withData(page, page.data.slice(0, -1))
      ),
    "a page behind a cursor says that nothing follows": () =>
      pages(
        (call) => isList(call) && param(call, "after") !== undefined,
        (page) => ({ ...page, has_more: false })
      ),
    "the reply to a create has all permissions": () => (call, send) =>
      Effect.flatMap(send({}), (reply) =>
        isCreate(call) && reply.status === 200
          ? send({ method: "GET", query: [["limit", "100"]] })
          : Effect.succeed(reply)
      )
  },
  "order or cursor": {
    "the order ascending is ignored": () => (call, send) => {
      const query = call.query.filter(([name]) => name !== "order")
      return send(isList(call) ? { query } : {})
    },
    "first_id and last_id are swapped": () =>
      pages(isList, ({ first_id = null, last_id = null, ...page }) => ({
        ...page,
        first_id: last_id,
        last_id: first_id
      })),
    "a page begins with its cursor": () => {
      const seen = new Map<string, Item>()
      return pages(isList, (page, call) => {
        for (const item of page.data) seen.set(item.id, item)
        const cursor = seen.get(param(call, "after") ?? "")
        return cursor === undefined ? page : withData(page, [cursor, ...page.data.slice(0, -1)])
      })
    },
    "the log has the oldest event first": () => (call, send) =>
      isLog(call)
        ? Effect.map(send(withLimit(call, 100)), ({ body, status }) => {
            const all = body.data?.toReversed() ?? []
            const limit = Number(param(call, "limit") ?? 20)
            return { status, body: { ...withData(body, all.slice(0, limit)), has_more: all.length > limit } }
          })
        : send({}),
    "last_id is the first item of the next page": () => (call, send) =>
      Effect.flatMap(send({}), (reply) =>
        isList(call) && reply.body.has_more === true
          ? Effect.map(withOneMore(call, send, 10), ({ body }) => ({
              status: reply.status,
              body: { ...reply.body, last_id: body.data?.[reply.body.data?.length ?? 0]?.id ?? null }
            }))
          : Effect.succeed(reply)
      )
  },
  "effect of a write": {
    "a listing never has what was created": () => {
      const created = new Set<string>()
      return pages(isPermissions, (page, call) => {
        if (isCreate(call)) for (const { id } of page.data) created.add(id)
        return isCreate(call)
          ? page
          : withData(
              page,
              page.data.filter(({ id }) => !created.has(id))
            )
      })
    },
    "a delete answers, and deletes nothing": () => (call, send) =>
      isDelete(call)
        ? Effect.succeed({
            status: 200,
            body: { id: call.path.split("/").at(-1) ?? "", object: "checkpoint.permission", deleted: true }
          })
        : send({}),
    "a delete also takes the oldest permission": () => (call, send) =>
      isDelete(call)
        ? Effect.gen(function* () {
            const reply = yield* send({})
            const path = call.path.split("/").slice(0, -1).join("/")
            const { body } = yield* send({
              method: "GET",
              path,
              query: [
                ["order", "ascending"],
                ["limit", "1"]
              ]
            })
            if (reply.status === 200) yield* send({ path: `${path}/${body.data?.[0]?.id}` })
            return reply
          })
        : send({}),
    "a repeated grant renews the time": () => {
      const renewed = new Map<string, number>()
      return pages(isPermissions, (page, call) => ({
        ...page,
        data: page.data.map((item) => {
          const before = renewed.get(item.id)
          const at = item.created_at ?? 0
          if (isCreate(call)) renewed.set(item.id, before === undefined ? at : at + 10)
          return item.created_at === undefined ? item : { ...item, created_at: renewed.get(item.id) ?? at }
        })
      }))
    },
    "a create answers with other ids than a listing": () =>
      pages(isCreate, (page) =>
        withData(
          page,
          page.data.map((item) => ({ ...item, id: `${item.id}x` }))
        )
      )
  }
}

/** Makes a client whose server has a mistake. */
export const plant =
  (make: () => Mistake) =>
  (client: HttpClient.HttpClient): HttpClient.HttpClient => {
    const mistake = make()
    return HttpClient.make((request, url) => {
      const base = url.href.slice(0, url.href.indexOf("/v1") + 3)
      const call: Call = {
        method: request.method,
        path: url.pathname.replace(/^\/v1/, ""),
        query: [...url.searchParams]
      }
      const send: Send = (other) => {
        const { method, path, query } = { ...call, ...other }
        const isSame = Object.keys(other).length === 0
        const sent = isSame
          ? request
          : HttpClientRequest.make(method === "DELETE" ? "DELETE" : method === "POST" ? "POST" : "GET")(base + path, {
              urlParams: query.map(([name, value]): [string, string] => [name, value]),
              headers: request.headers
            })
        return client.execute(sent).pipe(
          Effect.flatMap(({ json, status }) => Effect.map(json, (body) => ({ status, body: body as Body }))),
          Effect.orDie
        )
      }
      return Effect.map(mistake(call, send), ({ body, status }) =>
        HttpClientResponse.fromWeb(
          request,
          new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } })
        )
      )
    })
  }
