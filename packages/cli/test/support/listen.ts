import { Server as HttpServer } from "node:http"
import type { Server } from "node:net"
import { Effect, type Scope } from "effect"

/** Listens at a free port of the loopback until the scope closes. Returns the address. */
export const listen = (server: Server): Effect.Effect<string, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<string>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(`http://127.0.0.1:${typeof address === "object" ? address?.port : address}`))
      })
    }),
    () =>
      Effect.sync(() => {
        server.close()
        if (server instanceof HttpServer) server.closeAllConnections()
      })
  )
