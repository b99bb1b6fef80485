/**
 * An Effect application without this library, of the kind that would take it
 * up: a client of some other API with schemas, brands, a typed error, retries,
 * a timeout and a paging stream.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Chunk from "effect/Chunk"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

const OrderId = Schema.String.pipe(Schema.minLength(1), Schema.brand("OrderId"))

const Order = Schema.Struct({
  id: OrderId,
  total: Schema.Int.pipe(Schema.positive()),
  status: Schema.Literal("open", "paid"),
  note: Schema.optional(Schema.NullOr(Schema.String))
})

const Page = Schema.Struct({ data: Schema.Array(Order), next: Schema.optional(Schema.NullOr(Schema.String)) })

class OrderNotFound extends Schema.TaggedError<OrderNotFound>()("OrderNotFound", { id: OrderId }) {}

const make = Effect.gen(function* () {
  const key = yield* Config.redacted("ORDERS_KEY")
  const client = (yield* HttpClient.HttpClient).pipe(
    HttpClient.mapRequest((request) =>
      request.pipe(
        HttpClientRequest.prependUrl("https://orders.example/v1"),
        HttpClientRequest.bearerToken(Redacted.value(key))
      )
    ),
    HttpClient.retryTransient({ times: 3, schedule: Schedule.exponential("100 millis").pipe(Schedule.jittered) })
  )
  const page = (after: string | undefined) =>
    client.get("/orders", { urlParams: after === undefined ? {} : { after } }).pipe(
      Effect.flatMap(HttpClientResponse.filterStatusOk),
      Effect.flatMap(HttpClientResponse.schemaBodyJson(Page)),
      Effect.timeout("10 seconds"),
      Effect.map(
        (page) => [Chunk.unsafeFromArray(page.data), Option.map(Option.fromNullable(page.next), String)] as const
      )
    )
  return {
    get: Effect.fn("Orders.get")(function* (id: typeof OrderId.Type) {
      const response = yield* client.get(`/orders/${encodeURIComponent(id)}`)
      if (response.status === 404) return yield* new OrderNotFound({ id })
      return yield* HttpClientResponse.schemaBodyJson(Order)(response)
    }),
    add: Effect.fn("Orders.add")(function* (order: typeof Order.Type) {
      const request = yield* HttpClientRequest.post("/orders").pipe(HttpClientRequest.schemaBodyJson(Order)(order))
      return yield* Effect.flatMap(client.execute(request), HttpClientResponse.schemaBodyJson(Order))
    }),
    all: Stream.paginateChunkEffect<string | undefined, typeof Order.Type, unknown, never>(undefined, page)
  }
})

class Orders extends Context.Tag("Orders")<Orders, Effect.Effect.Success<typeof make>>() {}

const program = Effect.gen(function* () {
  const orders = yield* Orders
  yield* orders
    .get(OrderId.make("1"))
    .pipe(Effect.catchTag("OrderNotFound", () => Effect.log("there is no such order")))
  yield* orders.all.pipe(Stream.runForEach((order) => Effect.log(order.id)))
})

/** What the application does. */
export const done = Effect.runPromise(
  Effect.provide(program, Layer.effect(Orders, make).pipe(Layer.provide(FetchHttpClient.layer)))
)
