import { createServer, type IncomingMessage, type Server as NodeServer, type ServerResponse } from "node:http"
import type { AddressInfo, Socket } from "node:net"
import type { Duplex } from "node:stream"
import type { Emulator } from "@checkpoint-permissions/fake/emulator"
import type { Reply } from "@checkpoint-permissions/fake/http"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { readBody, requestOf, send } from "./messages.ts"
import { asksForUpgrade, bodyTooLarge, type ClientError, noHost, noUpgrade, refuse, refuseTunnel } from "./refuse.ts"

/**
 * The maximum number of connections that wait to be accepted, as many as the system allows: many clients may connect at
 * the same time.
 */
const backlog = 65_535

export interface Options {
  readonly host: string
  /** The port; 0 is a free port. */
  readonly port: number
  /** The maximum time for a request to arrive, in milliseconds. */
  readonly requestTimeout: number
}

const answer = (emulator: Emulator, incoming: IncomingMessage, response: ServerResponse): void => {
  let abandon = () => {}
  const reply = (of: Reply) => {
    abandon = send(response, of, emulator.clock) ?? abandon
  }
  // the client gave up, or the reply is complete
  response.on("close", () => abandon())
  if (asksForUpgrade(incoming)) {
    // its body may never arrive
    incoming.resume()
    reply(emulator.stamp(noUpgrade))
    return
  }
  readBody(incoming, (body) => {
    if (body === undefined) return reply(emulator.stamp(bodyTooLarge))
    if (incoming.headers.host === undefined && incoming.httpVersion === "1.1") return reply(emulator.stamp(noHost))
    let isOver = false
    const driven = emulator.receive(requestOf(incoming, body), (outcome) => {
      isOver = true
      abandon = () => {}
      if (outcome._tag === "Replied") reply(outcome.reply)
      // a reset, as clients of Node get it when a server crashes
      else response.socket?.resetAndDestroy()
    })
    if (!isOver) abandon = driven.abandon
  })
}

const listen = (node: NodeServer, { host, port }: Options): Effect.Effect<AddressInfo, Error> =>
  Effect.async((resume) => {
    node.once("error", (error) => resume(Effect.fail(error)))
    node.listen({ host, port, backlog }, () => {
      const address = node.address()
      resume(
        address === null || typeof address === "string"
          ? Effect.fail(new Error("the server has no address"))
          : Effect.succeed(address)
      )
    })
  })

const created = (requestTimeout: number): NodeServer =>
  createServer({
    keepAliveTimeout: 75_000,
    headersTimeout: requestTimeout,
    requestTimeout,
    connectionsCheckingInterval: Math.max(50, Math.min(1000, requestTimeout / 4)),
    // refused here, with the error envelope of the API
    requireHostHeader: false
  })

export const serve = (emulator: Emulator, options: Options): Effect.Effect<AddressInfo, Error, Scope.Scope> =>
  Effect.gen(function* () {
    const sockets = new Set<Socket>()
    const node = yield* Effect.acquireRelease(
      Effect.sync(() => created(options.requestTimeout)),
      (node) =>
        Effect.async<void>((resume) => {
          node.close(() => resume(Effect.void))
          // Node's own closeAllConnections forgets those of tunnels
          for (const socket of sockets) socket.destroy()
        })
    )
    const onConnection = (socket: Socket) => {
      sockets.add(socket)
      // an error of a tunnel without a listener would end the process
      socket.on("error", () => socket.destroy())
      socket.on("close", () => sockets.delete(socket))
    }
    const responses = new WeakMap<Duplex, ServerResponse>()
    const onRequest = (incoming: IncomingMessage, response: ServerResponse) => {
      response.sendDate = false
      responses.set(incoming.socket, response)
      response.on("close", () => responses.delete(incoming.socket))
      answer(emulator, incoming, response)
    }
    const onClientError = (error: ClientError, socket: Duplex) =>
      refuse(error, socket, responses.get(socket), emulator.stamp)
    node.on("connection", onConnection)
    node.on("request", onRequest)
    node.on("checkExpectation", onRequest)
    node.on("connect", (_, socket) => refuseTunnel(socket, emulator.stamp))
    node.on("clientError", onClientError)
    return yield* listen(node, options)
  })
