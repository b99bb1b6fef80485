/**
 * Tests the library for either Effect version on the runtime of this process: `<runtime> smoke.mjs <base URL> <key>
 * [undici]`, over `fetch` or Node's transport. Prints a line for each passed check, and exits with 1 after a failed one.
 */
import process from "node:process"
import * as Access from "@checkpoint-permissions/access/Access"
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import * as RetryPolicy from "@checkpoint-permissions/client/RetryPolicy"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"

const [, , apiUrl = "", key = "", transport = "fetch"] = process.argv

const { layerUndici } =
  transport === "undici" ? await import("@effect/platform-node/NodeHttpClient") : { layerUndici: FetchHttpClient.layer }

const id = (name: string) => `ft:smoke:${name}`

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
  const all = Array.from(yield* Stream.runCollect(CheckpointPermissions.stream(id("many"))))
  const projects = new Set(all.map((permission) => permission.project_id))
  yield* holds("a stream is all pages, nothing twice", projects.size === 250 && all.length === 250)
}).pipe(using())

const writes = Effect.gen(function* () {
  const written = id("written")
  const { granted } = yield* Access.grant(written, ["proj_a", "proj_b"])
  yield* holds("a grant grants", granted.length === 2)
  const { revoked } = yield* Access.revoke(written, ["proj_a"])
  yield* holds("a revoke revokes", revoked.length === 1)
  const left = yield* CheckpointPermissions.list(written)
  yield* holds("what is left is listed", left.data.length === 1)
  const gone = yield* Effect.flip(CheckpointPermissions.delete(written, "cp_gone"))
  yield* holds("what is gone is NotFoundError", gone._tag === "NotFoundError", gone)
}).pipe(Effect.provide(Access.layer), using())

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
  yield* Effect.timeoutOption(Stream.runDrain(CheckpointPermissions.stream(id("slow"))), "200 millis")
  yield* holds("an interruption ends the request in flight", (yield* Clock.currentTimeMillis) - start < 20_000)
  // wait until the server has received it
  yield* Effect.sleep("300 millis")
}).pipe(using())

const exit = await Effect.runPromiseExit(Effect.all([lists, writes, refusals, endings], { discard: true }))
if (exit._tag === "Failure") {
  console.log(Cause.pretty(exit.cause))
  process.exit(1)
}
