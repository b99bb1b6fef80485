import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { Effect } from "effect"
import { pageOf } from "./wire.ts"

export type Handle = (request: IncomingMessage, response: ServerResponse) => void

export const json = { "content-type": "application/json" }
export const fine: Handle = (_, response) => {
  response.writeHead(200, json).end(JSON.stringify(pageOf(["cp_1"])))
}

/** A server on the loopback address with a given action for each request. */
export const serving = (handles: ReadonlyArray<Handle>, otherwise = fine) =>
  Effect.acquireRelease(
    Effect.async<{
      readonly apiUrl: string
      readonly requests: Array<string>
      /** Connections that were made, and those with a request that is not answered: some clients open the next at once. */
      readonly made: Array<Socket>
      readonly asking: Set<Socket>
      readonly written: () => number
      readonly close: Effect.Effect<void>
    }>((resume) => {
      const requests: Array<string> = []
      const made: Array<Socket> = []
      const asking = new Set<Socket>()
      const node = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
        const handle = handles[requests.length] ?? otherwise
        requests.push(`${request.method} ${request.url}`)
        request.resume()
        const { socket } = request
        asking.add(socket)
        response.on("close", () => asking.delete(socket))
        handle(request, response)
      })
      node.on("connection", (socket) => {
        made.push(socket)
        socket.on("error", () => {})
      })
      const close = Effect.async<void>((done) => {
        node.close(() => done(Effect.void))
        node.closeAllConnections()
      })
      node.listen(0, "127.0.0.1", () => {
        const { port } = node.address() as AddressInfo
        const written = () => made.reduce((sum, socket) => sum + socket.bytesWritten, 0)
        resume(Effect.succeed({ apiUrl: `http://127.0.0.1:${port}/v1`, requests, made, asking, written, close }))
      })
    }),
    ({ close }) => close
  )
