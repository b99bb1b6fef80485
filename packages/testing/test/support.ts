import { FakePermissions, type Faults } from "@checkpoint-permissions/testing"
import { HttpBody, HttpClient, HttpClientRequest, type HttpMethod } from "@effect/platform"
import { assert } from "@effect/vitest"
import { Context, Effect, type Layer } from "effect"
import { mismatch } from "../../fake/test/fixtures/schemas.ts"
import { checkpoint } from "../../fake/test/support.ts"

export { checkpoint, field } from "../../fake/test/support.ts"

/** Where the server of a test is. */
export class Target extends Context.Tag("test/Target")<Target, { readonly baseUrl: string }>() {}

/** A server of the given options, on one of the transports. */
export type Transport = (
  options?: FakePermissions.Options
) => Layer.Layer<HttpClient.HttpClient | FakePermissions.FakePermissions | Target>

export const fake = FakePermissions.FakePermissions

export interface Call {
  readonly checkpoint?: string
  /** Below the base URL, instead of the permissions of a checkpoint. */
  readonly path?: string
  readonly query?: ReadonlyArray<readonly [string, string]>
  readonly body?: HttpBody.HttpBody
  readonly headers?: Readonly<Record<string, string>>
}

const pathOf = ({ checkpoint: of = checkpoint, path }: Call): string =>
  path ?? `/fine_tuning/checkpoints/${encodeURIComponent(of)}/permissions`

/** Sends a request and gives the response, its body unread. */
export const send = (method: HttpMethod.HttpMethod, call: Call = {}) =>
  Effect.flatMap(Target, ({ baseUrl }) =>
    HttpClientRequest.make(method)(`${baseUrl}${pathOf(call)}`, {
      headers: call.headers ?? { authorization: "Bearer sk-admin-test" },
      urlParams: call.query ?? []
    }).pipe(HttpClientRequest.setBody(call.body ?? HttpBody.empty), HttpClient.execute)
  )

/** Sends a request and reads its body as JSON. A reply without a fault is held against its schema. */
export const call = (method: HttpMethod.HttpMethod, options: Call = {}) =>
  Effect.gen(function* () {
    const response = yield* send(method, options)
    const reply = { status: response.status, headers: response.headers, body: yield* response.json }
    const requests = yield* (yield* fake).requests
    const record = requests.find(({ requestId }) => requestId === response.headers["x-request-id"])
    assert(record !== undefined)
    if (record.fault === undefined) assert.isUndefined(mismatch(record, reply))
    return reply
  })

export const creating = (...projects: ReadonlyArray<string>): Call => ({
  body: HttpBody.unsafeJson({ project_ids: projects })
})

export const inject = (fault: Faults.Fault) => Effect.flatMap(fake, (controls) => controls.inject(fault))

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
