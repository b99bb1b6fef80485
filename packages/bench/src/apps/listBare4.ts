/** The bare application on Effect 4. It has no `Config`, which adds `Schema` to a bundle. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

interface Page {
  readonly data: ReadonlyArray<{ readonly project_id: string }>
}

const page = Effect.gen(function* () {
  const { OPENAI_ADMIN_KEY: key, OPENAI_BASE_URL: url } = process.env
  const headers = { authorization: `Bearer ${key}` }
  const response = yield* HttpClient.get(`${url}/fine_tuning/checkpoints/ft:bench:10/permissions`, { headers })
  const page: Page = JSON.parse(yield* response.text)
  return page.data
})

const program = Stream.fromEffect(page).pipe(
  Stream.flatMap(Stream.fromIterable),
  Stream.runForEach((permission) => Effect.sync(() => console.log(permission.project_id)))
)

Effect.runPromise(Effect.provide(program, FetchHttpClient.layer))
