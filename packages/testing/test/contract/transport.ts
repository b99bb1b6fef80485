import { FakePermissions, type Faults } from "@checkpoint-permissions/testing"
import { HttpBody, HttpClient, HttpClientRequest, type HttpMethod } from "@effect/platform"
import { assert } from "@effect/vitest"
import { Context, Effect, type Layer, Predicate } from "effect"
import { mismatch } from "../../../fake/test/fixtures/schemas.ts"

/** Where the server of a test is. */
export class Target extends Context.Tag("test/Target")<
  Target,
  { readonly baseUrl: string; readonly socket: boolean }
>() {}

export type Provided = HttpClient.HttpClient | FakePermissions.FakePermissions | Target

/** A server of the given options, on one of the transports. */
export type Transport = (options?: FakePermissions.Options) => Layer.Layer<Provided>

export const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"

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

const pathOf = (call: Call): string =>
  call.path ??
  `/fine_tuning/checkpoints/${encodeURIComponent(call.checkpoint ?? checkpoint)}/permissions${call.id === undefined ? "" : `/${encodeURIComponent(call.id)}`}`

/** Sends a request and gives the response, its body unread. */
export const send = (method: HttpMethod.HttpMethod, call: Call = {}) =>
  Effect.gen(function* () {
    const { baseUrl } = yield* Target
    const request = HttpClientRequest.make(method)(`${baseUrl}${pathOf(call)}`, {
      headers: call.headers ?? { authorization: "Bearer sk-admin-test" },
      ...(call.query === undefined ? {} : { urlParams: call.query })
    })
    const body =
      call.text !== undefined
        ? HttpBody.text(call.text, call.contentType ?? "application/json")
        : call.json === undefined
          ? HttpBody.empty
          : HttpBody.unsafeJson(call.json)
    return yield* HttpClient.execute(HttpClientRequest.setBody(request, body))
  })

/**
 * Sends a request and reads its body as JSON. A reply without a fault is held
 * against its schema.
 */
export const call = (method: HttpMethod.HttpMethod, options: Call = {}) =>
  Effect.gen(function* () {
    const response = yield* send(method, options)
    const reply = { status: response.status, headers: response.headers, body: yield* response.json }
    const requests = yield* (yield* FakePermissions.FakePermissions).requests
    const record = requests.find(({ requestId }) => requestId === response.headers["x-request-id"])
    assert(record !== undefined)
    if (record.fault === undefined) assert.isUndefined(mismatch(record, reply))
    return reply
  })

export const list = (query: Call["query"] = {}, options: Call = {}) => call("GET", { ...options, query })

export const create = (projectIds: unknown, options: Call = {}) =>
  call("POST", { ...options, json: { project_ids: projectIds } })

export const remove = (id: string, options: Call = {}) => call("DELETE", { ...options, id })

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

export const projects = (reply: { readonly body: unknown }): ReadonlyArray<unknown> => items(reply, "project_id")

export const failed = (
  reply: { readonly status: number; readonly body: unknown },
  status: number,
  expected: {
    readonly message?: RegExp
    readonly type?: string
    readonly param?: string | null
    readonly code?: string | null
  }
): void => {
  assert.strictEqual(reply.status, status)
  const error = field(reply.body, "error")
  assert.isTrue(Predicate.isRecord(error), JSON.stringify(reply.body))
  for (const name of ["message", "type", "param", "code"]) assert.isTrue(Predicate.hasProperty(error, name), name)
  if (expected.message !== undefined) assert.match(String(field(error, "message")), expected.message)
  assert.strictEqual(field(error, "type"), expected.type ?? "invalid_request_error")
  if (expected.param !== undefined) assert.strictEqual(field(error, "param"), expected.param)
  if (expected.code !== undefined) assert.strictEqual(field(error, "code"), expected.code)
}

export const fake = FakePermissions.FakePermissions

export const inject = (fault: Faults.Fault, options?: FakePermissions.InjectOptions) =>
  Effect.flatMap(fake, (controls) => controls.inject(fault, options))

/** Starts a request and gives its fiber once the server has it. */
export const started = <A, E, R>(request: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const controls = yield* fake
    const before = (yield* controls.requests).length
    const fiber = yield* Effect.fork(request)
    yield* controls.awaitRequests(before + 1)
    return fiber
  })

/** Waits, by yielding alone, until something is so. */
export const eventually = <E, R>(check: Effect.Effect<boolean, E, R>) =>
  Effect.repeat(Effect.zipRight(Effect.yieldNow(), check), { until: (done) => done })
