/**
 * The package for Effect 4, on whatever runtime runs this: `<runtime> smoke4.mjs
 * <base URL> <key> [undici]`, over `fetch` or Node's own transport. Prints a line for
 * each thing that holds, and ends with 1 at the first that does not.
 */
import process from "node:process"
import * as Access from "@checkpoint-permissions/effect4/Access"
import * as CheckpointPermissions from "@checkpoint-permissions/effect4/CheckpointPermissions"
import * as Identifiers from "@checkpoint-permissions/effect4/Identifiers"
import * as RetryPolicy from "@checkpoint-permissions/effect4/RetryPolicy"
import * as Cause from "effect-4/Cause"
import * as Clock from "effect-4/Clock"
import * as Effect from "effect-4/Effect"
import * as Fiber from "effect-4/Fiber"
import * as FetchHttpClient from "effect-4/http/FetchHttpClient"
import type * as HttpClient from "effect-4/http/HttpClient"
import * as Layer from "effect-4/Layer"
import * as Redacted from "effect-4/Redacted"
import * as Stream from "effect-4/Stream"

const [, , apiUrl = "", key = "", transport = "fetch"] = process.argv

/** `@effect/platform-node` 4 is not in this workspace. */
const platformNode: string = "@effect/platform-node/NodeHttpClient"
const { layerUndici }: { readonly layerUndici: Layer.Layer<HttpClient.HttpClient> } =
  transport === "undici" ? await import(platformNode) : { layerUndici: FetchHttpClient.layer }

const id = (name: string) => Identifiers.CheckpointId.make(`ft:smoke:${name}`)
const project = (name: string) => Identifiers.ProjectId.make(`proj_${name}`)

const holds = (what: string, isSo: boolean, found?: unknown) =>
  isSo
    ? Effect.sync(() => console.log(`ok: ${what}`))
    : Effect.die(`not so: ${what}${found === undefined ? "" : ` (${String(found)})`}`)

const using = (options: Partial<CheckpointPermissions.Options> = {}) =>
  Effect.provide(
    CheckpointPermissions.layer({ adminKey: Redacted.make(key), apiUrl, ...options }).pipe(Layer.provide(layerUndici))
  )

const lists = Effect.gen(function* () {
  const page = yield* CheckpointPermissions.list(id("many"), { limit: 20 })
  yield* holds("a list is a page", page.data.length === 20 && page.has_more)
  const all = yield* Stream.runCollect(CheckpointPermissions.stream(id("many")))
  const projects = new Set(all.map((permission) => permission.project_id))
  yield* holds("a stream is all pages, nothing twice", projects.size === 250 && all.length === 250)
}).pipe(using())

const writes = Effect.gen(function* () {
  const written = id(`written-${transport}-4`)
  const { granted } = yield* Access.grant(written, [project("a"), project("b")])
  yield* holds("a grant grants", granted.length === 2)
  const { revoked } = yield* Access.revoke(written, [project("a")])
  yield* holds("a revoke revokes", revoked.length === 1)
  const left = yield* CheckpointPermissions.list(written)
  yield* holds("what is left is listed", left.data.length === 1)
  const gone = yield* Effect.flip(CheckpointPermissions.delete(written, "cp_gone"))
  yield* holds("what is gone is NotFoundError", gone._tag === "NotFoundError", gone)
}).pipe(using())

const refused = (options: Partial<CheckpointPermissions.Options>, checkpoint = id("many")) =>
  Effect.flip(CheckpointPermissions.list(checkpoint)).pipe(using({ retry: RetryPolicy.none, ...options }))

const refusals = Effect.gen(function* () {
  const wrong = "sk-admin-wrong-9876543210"
  const unauthorized = yield* refused({ adminKey: Redacted.make(wrong) })
  yield* holds("a wrong key is AuthenticationError", unauthorized._tag === "AuthenticationError", unauthorized)
  yield* holds("no error holds the key", !`${unauthorized}${JSON.stringify(unauthorized)}`.includes(wrong))
  const redirected = yield* refused({}, id("redirect"))
  yield* holds("a redirect is InvalidResponseError", redirected._tag === "InvalidResponseError", redirected)
  const closed = yield* refused({ apiUrl: "http://127.0.0.1:9/v1" })
  yield* holds("no server is ConnectionError", closed._tag === "ConnectionError", closed)
})

const endings = Effect.gen(function* () {
  const late = yield* refused({ timeout: "500 millis" }, id("slow"))
  yield* holds("an attempt that takes too long is RequestTimeoutError", late._tag === "RequestTimeoutError", late)
  const start = yield* Clock.currentTimeMillis
  const fiber = yield* Effect.forkChild(Stream.runDrain(CheckpointPermissions.stream(id("slow"))))
  yield* Effect.sleep("200 millis")
  yield* Fiber.interrupt(fiber)
  yield* holds("an interruption ends the request in flight", (yield* Clock.currentTimeMillis) - start < 20_000)
  // time for the server to see it
  yield* Effect.sleep("300 millis")
}).pipe(using())

const exit = await Effect.runPromiseExit(Effect.all([lists, writes, refusals, endings], { discard: true }))
if (exit._tag === "Failure") {
  console.log(Cause.pretty(exit.cause))
  process.exit(1)
}
