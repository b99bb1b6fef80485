/** A route that says how a worker is, for what supervises it. */
import { createServer } from "node:http"
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
    const server = yield* Effect.acquireRelease(
      Effect.sync(() =>
        createServer((request, response) => {
          if (request.method !== "GET" || request.url !== "/health") {
            response.writeHead(404).end()
            return
          }
          Effect.runCallback(health, {
            onExit: (exit) => {
              const { body, healthy } = exit._tag === "Success" ? exit.value : { body: {}, healthy: false }
              response.writeHead(healthy ? 200 : 503, {
                "content-type": "application/json",
                "cache-control": "no-store"
              })
              response.end(`${JSON.stringify(body)}\n`)
            }
          })
        })
      ),
      (server) =>
        Effect.async<void>((resume) => {
          server.close(() => resume(Effect.void))
          server.closeAllConnections()
        })
    )
    return yield* Effect.async<string, Failed>((resume) => {
      server.once("error", (error) =>
        resume(new Failed({ message: `worker: --health cannot listen on ${host}:${port}: ${error.message}` }))
      )
      server.listen(port, host, () => {
        const address = server.address()
        const bound = typeof address === "object" && address !== null ? address.port : port
        resume(Effect.succeed(`http://${host.includes(":") ? `[${host}]` : host}:${bound}/health`))
      })
    })
  })
