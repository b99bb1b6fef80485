import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { type HttpBody, HttpClient, HttpClientError, HttpClientResponse } from "@effect/platform"
import { Effect, Layer, Redacted } from "effect"
import { key } from "./setup.ts"

/** A request as it leaves the client. */
export interface Seen {
  /** Counted from 0. */
  readonly n: number
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type Answer =
  | {
      readonly status?: number
      readonly headers?: Record<string, string>
      readonly body?: unknown
      /** The body breaks off half-way with this. */
      readonly cut?: unknown
    }
  /** The transport fails with this. */
  | { readonly drop: unknown }

const broken = (body: string, cause: unknown): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(body.slice(0, body.length / 2))),
    pull: (controller) => controller.error(new TypeError("terminated", { cause }))
  })

const text = (body: unknown): string => (typeof body === "string" ? body : JSON.stringify(body))

const textOf = (body: HttpBody.HttpBody): string => {
  if (body._tag === "Uint8Array") return new TextDecoder().decode(body.body)
  return body._tag === "Raw" ? String(body.body) : ""
}

/** An `HttpClient` with given replies, in the fiber of the request, which records its requests. */
export const wire = (answer: (request: Seen) => Answer | Effect.Effect<Answer>) => {
  const requests: Array<Seen> = []
  const client = HttpClient.make((request, url) =>
    Effect.gen(function* () {
      const body = textOf(request.body)
      const seen: Seen = { n: requests.length, method: request.method, url, headers: { ...request.headers }, body }
      requests.push(seen)
      const answered = answer(seen)
      const given = Effect.isEffect(answered) ? yield* answered : answered
      if ("drop" in given) {
        return yield* new HttpClientError.RequestError({ request, reason: "Transport", cause: given.drop })
      }
      const status = given.status ?? 200
      const empty = given.body === undefined || status === 204 || status === 304
      const whole = text(given.body)
      const sent = empty ? null : given.cut === undefined ? whole : broken(whole, given.cut)
      return HttpClientResponse.fromWeb(request, new Response(sent, { status, headers: given.headers ?? {} }))
    })
  )
  return { requests, layer: Layer.succeed(HttpClient.HttpClient, client) }
}

/** The service, unpaced, on a wire, and what that saw. */
export const onWire = (answer: Parameters<typeof wire>[0], options: Partial<CheckpointPermissions.Options> = {}) => {
  const { layer, requests } = wire(answer)
  const all = { adminKey: Redacted.make(key), pacing: Pacing.none, ...options }
  return { layer: CheckpointPermissions.layer(all).pipe(Layer.provide(layer)), requests }
}

export const item = (id: string, project = "proj_a") => ({
  id,
  object: "checkpoint.permission",
  created_at: 1_721_764_867,
  project_id: project
})

/** A page as the API promises it, save for what `more` changes. */
export const pageOf = (ids: ReadonlyArray<string>, more: Record<string, unknown> = {}) => ({
  object: "list",
  data: ids.map((id) => item(id)),
  first_id: ids[0] ?? null,
  last_id: ids.at(-1) ?? null,
  has_more: false,
  ...more
})

export const coded = (code: string, more: Record<string, unknown> = {}) =>
  Object.assign(new Error(`failed with ${code}`), { code, ...more })
