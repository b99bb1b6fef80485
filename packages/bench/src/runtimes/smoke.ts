/**
 * The client over `fetch`, on whatever runtime runs this: `<runtime> smoke.mjs
 * <base URL> <key>`. Prints a line for each thing that holds, and ends with 1 at
 * the first that does not.
 */
import process from "node:process"
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import * as RetryPolicy from "@checkpoint-permissions/client/RetryPolicy"
import * as Identifiers from "@checkpoint-permissions/core/Identifiers"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"

const [, , apiUrl = "", key = ""] = process.argv

const id = (name: string) => Identifiers.CheckpointId.make(`ft:smoke:${name}`)
const project = (name: string) => Identifiers.ProjectId.make(`proj_${name}`)

const holds = (what: string, isSo: boolean, found?: unknown) =>
  isSo
    ? Effect.sync(() => console.log(`ok: ${what}`))
    : Effect.dieMessage(`not so: ${what}${found === undefined ? "" : ` (${String(found)})`}`)

const using = <A, E>(
  options: Partial<CheckpointPermissions.Options>,
  use: (service: CheckpointPermissions.Service) => Effect.Effect<A, E>
) =>
  Effect.flatMap(CheckpointPermissions.CheckpointPermissions, use).pipe(
    Effect.provide(
      CheckpointPermissions.layer({ adminKey: Redacted.make(key), apiUrl, ...options }).pipe(
        Layer.provide(FetchHttpClient.layer)
      )
    )
  )

const lists = using({}, (permissions) =>
  Effect.gen(function* () {
    const page = yield* permissions.list(id("many"), { limit: 20 })
    yield* holds("a list is a page", page.data.length === 20 && page.has_more)
    const all = yield* Stream.runCollect(permissions.stream(id("many")))
    const projects = new Set(Chunk.toReadonlyArray(all).map((permission) => permission.project_id))
    yield* holds("a stream is all pages, nothing twice", projects.size === 250 && Chunk.size(all) === 250)
  })
)

const writes = using({}, (permissions) =>
  Effect.gen(function* () {
    const made = yield* permissions.create(id("written"), [project("a"), project("b")])
    yield* holds("a create grants", made.data.length === 2)
    const [first] = made.data
    if (first === undefined) return
    const gone = yield* permissions.delete(id("written"), first.id)
    yield* holds("a delete revokes", gone.deleted)
    const left = yield* permissions.list(id("written"))
    yield* holds("what is left is listed", left.data.length === 1)
    const again = yield* Effect.flip(permissions.delete(id("written"), first.id))
    yield* holds("what is gone is NotFoundError", again._tag === "NotFoundError", again)
  })
)

const refusals = Effect.gen(function* () {
  const wrong = "sk-admin-wrong-9876543210"
  const unauthorized = yield* Effect.flip(
    using({ adminKey: Redacted.make(wrong) }, (permissions) => permissions.list(id("many")))
  )
  yield* holds("a wrong key is AuthenticationError", unauthorized._tag === "AuthenticationError", unauthorized)
  yield* holds("no error holds the key", !`${unauthorized}${JSON.stringify(unauthorized)}`.includes(wrong))
  const redirected = yield* Effect.flip(using({}, (permissions) => permissions.list(id("redirect"))))
  yield* holds("a redirect is InvalidResponseError", redirected._tag === "InvalidResponseError", redirected)
  const closed = yield* Effect.flip(
    using({ apiUrl: "http://127.0.0.1:9/v1", retry: RetryPolicy.none }, (permissions) => permissions.list(id("many")))
  )
  yield* holds("no server is ConnectionError", closed._tag === "ConnectionError", closed)
})

const late = using({ timeout: "500 millis", retry: RetryPolicy.none }, (permissions) =>
  Effect.gen(function* () {
    const late = yield* Effect.flip(permissions.list(id("slow")))
    yield* holds("an attempt that takes too long is RequestTimeoutError", late._tag === "RequestTimeoutError", late)
  })
)

const interrupted = using({}, (permissions) =>
  Effect.gen(function* () {
    const start = Date.now()
    const fiber = yield* Effect.fork(Stream.runDrain(permissions.stream(id("slow"))))
    yield* Effect.sleep("200 millis")
    yield* Fiber.interrupt(fiber)
    yield* holds("an interruption ends the request in flight", Date.now() - start < 20_000)
    // time for the server to see it
    yield* Effect.sleep("300 millis")
  })
)

const program = Effect.all([lists, writes, refusals, late, interrupted], { discard: true })

const exit = await Effect.runPromiseExit(program)
if (exit._tag === "Failure") {
  console.log(Cause.pretty(exit.cause))
  process.exit(1)
}
