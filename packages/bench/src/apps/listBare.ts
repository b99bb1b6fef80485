/** The same application on the bare `HttpClient`: one page, without checks, retries, limits, spans or timeouts. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"

interface Page {
  readonly data: ReadonlyArray<{ readonly project_id: string }>
}

const page = Effect.gen(function* () {
  const url = yield* Config.string("OPENAI_BASE_URL")
  const key = yield* Config.redacted("OPENAI_ADMIN_KEY")
  const headers = { authorization: `Bearer ${Redacted.value(key)}` }
  const response = yield* HttpClient.get(`${url}/fine_tuning/checkpoints/ft:bench:10/permissions`, { headers })
  const page: Page = JSON.parse(yield* response.text)
  return page.data
})

const program = Stream.fromEffect(page).pipe(
  Stream.flatMap(Stream.fromIterable),
  Stream.runForEach((permission) => Effect.sync(() => console.log(permission.project_id)))
)

Effect.runPromise(Effect.provide(program, FetchHttpClient.layer))
