/** A route that says how a worker is, for what supervises it. */
import { createServer } from "node:http"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import { Failed } from "../failure.ts"

/** Where to listen. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** `8080` is a port of the loopback address. */
export const parse = (text: string): Address | undefined => {
  const [, bracketed, plain, digits] = /^(?:(?:\[([^\]]+)\]|([^:\s]+)):)?(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  return digits === undefined || port > 65_535 ? undefined : { host: bracketed ?? plain ?? "127.0.0.1", port }
}

export interface Health {
  readonly healthy: boolean
  readonly body: object
}

/** Listens until the scope is closed. Gives the URL. */
export const serve = ({ host, port }: Address, health: Effect.Effect<Health>) =>
  Effect.gen(function* () {
    const server = yield* Effect.mapError(NodeHttpServer.make(createServer, { host, port }), ({ cause }) => {
      const why = cause instanceof Error ? cause.message : String(cause)
      return new Failed({ message: `worker: --health cannot listen on ${host}:${port}: ${why}` })
    })
    const route = Effect.map(health, ({ body, healthy }) =>
      HttpServerResponse.unsafeJson(body, { status: healthy ? 200 : 503, headers: { "cache-control": "no-store" } })
    )
    yield* server.serve(HttpRouter.get(HttpRouter.empty, "/health", route))
    const bound = server.address._tag === "TcpAddress" ? server.address.port : port
    return `http://${host.includes(":") ? `[${host}]` : host}:${bound}/health`
  })
