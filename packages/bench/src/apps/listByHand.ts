/** The same by hand, without this library: the platform's client, a schema and a paging loop. No retry, no pace, no time limit. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Chunk from "effect/Chunk"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

const Page = Schema.Struct({
  data: Schema.Array(Schema.Struct({ id: Schema.String, project_id: Schema.String })),
  has_more: Schema.Boolean,
  last_id: Schema.optional(Schema.NullOr(Schema.String))
})

const program = Effect.gen(function* () {
  const key = yield* Config.redacted("OPENAI_ADMIN_KEY")
  const base = yield* Config.string("OPENAI_BASE_URL")
  const client = (yield* HttpClient.HttpClient).pipe(
    HttpClient.filterStatusOk,
    HttpClient.mapRequest(HttpClientRequest.bearerToken(Redacted.value(key)))
  )
  const page = (after: Option.Option<string>) =>
    client
      .get(`${base}/fine_tuning/checkpoints/${encodeURIComponent("ft:bench:10")}/permissions`, {
        urlParams: { after: Option.getOrUndefined(after) }
      })
      .pipe(
        Effect.flatMap(HttpClientResponse.schemaBodyJson(Page)),
        Effect.map(
          ({ data, has_more, last_id }) =>
            [
              Chunk.unsafeFromArray(data),
              has_more ? Option.some(Option.fromNullable(last_id)) : Option.none<Option.Option<string>>()
            ] as const
        )
      )
  yield* Stream.paginateChunkEffect(Option.none<string>(), page).pipe(
    Stream.runForEach((permission) => Effect.sync(() => console.log(permission.project_id)))
  )
})

Effect.runPromise(Effect.provide(program, FetchHttpClient.layer))
