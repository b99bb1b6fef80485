import { createServer, type IncomingMessage, type Server as NodeServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import type { Reply, ServerRequest } from "@checkpoint-permissions/fake/http"
import { errorReply } from "@checkpoint-permissions/fake/http"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import type { Server } from "./server.ts"

/** A create of a thousand projects is far below this. */
const maxBodyBytes = 1_048_576

const tooLarge = errorReply(413, "The request body is too large.", { code: "request_too_large" })
const malformed = errorReply(400, "The request is not well-formed HTTP.", { code: "bad_request" })

const headersOf = (incoming: IncomingMessage): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(incoming.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]]
    )
  )

/** The body, or `undefined` when it is too long. */
const bodyOf = (incoming: IncomingMessage): Effect.Effect<string | undefined> =>
  Effect.async((resume) => {
    const chunks: Array<Buffer> = []
    let bytes = 0
    incoming.on("data", (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= maxBodyBytes) chunks.push(chunk)
    })
    incoming.on("end", () =>
      resume(Effect.succeed(bytes > maxBodyBytes ? undefined : Buffer.concat(chunks).toString("utf8")))
    )
  })

const requestOf = (incoming: IncomingMessage, body: string): ServerRequest => {
  const url = incoming.url ?? "/"
  const whole = url.startsWith("/") ? `http://emulator${url}` : url
  const parsed = new URL(URL.canParse(whole) ? whole : "http://emulator/")
  return {
    method: incoming.method ?? "GET",
    url,
    path: parsed.pathname,
    query: [...parsed.searchParams],
    headers: headersOf(incoming),
    body
  }
}

/** Writes, and waits until there is room for more. */
const write = (response: ServerResponse, chunk: string | Uint8Array): Effect.Effect<void> =>
  Effect.async((resume) => {
    if (response.write(chunk)) return resume(Effect.void)
    response.once("drain", () => resume(Effect.void))
  })

/** Writes, and waits until the system has taken it. */
const flush = (response: ServerResponse, chunk: Uint8Array): Effect.Effect<void> =>
  Effect.async((resume) => {
    response.flushHeaders()
    if (chunk.length === 0) return resume(Effect.void)
    response.write(chunk, () => resume(Effect.void))
  })

const destroy = (response: ServerResponse): Effect.Effect<void> => Effect.sync(() => response.socket?.destroy())

const repeatedly = (response: ServerResponse, chunk: string, times: number): Effect.Effect<void> => {
  const perWrite = 65_536
  return Effect.iterate(times, {
    while: (left) => left > 0,
    body: (left) => Effect.as(write(response, chunk.repeat(Math.min(left, perWrite))), left - perWrite)
  })
}

const send = (response: ServerResponse, { body, headers, status }: Reply): Effect.Effect<void> => {
  const head = (more: Readonly<Record<string, string | number>> = {}) =>
    Effect.sync(() => response.writeHead(status, { ...headers, ...more }))
  const end = Effect.sync(() => response.end())
  const whole = (text: string) =>
    Effect.zipRight(
      head({ "content-length": Buffer.byteLength(text) }),
      Effect.sync(() => response.end(text))
    )
  switch (body._tag) {
    case "Text":
    case "FalseGzip":
      return whole(body.text)
    case "Cut": {
      const bytes = Buffer.from(body.text)
      return head({ "content-length": bytes.length }).pipe(
        Effect.zipRight(flush(response, bytes.subarray(0, body.bytes))),
        Effect.zipRight(destroy(response))
      )
    }
    case "Repeated":
      return head().pipe(Effect.zipRight(repeatedly(response, body.chunk, body.times)), Effect.zipRight(end))
    case "Endless":
      return head().pipe(
        Effect.zipRight(write(response, body.text)),
        Effect.zipRight(
          body.chunk === ""
            ? Effect.never
            : Effect.forever(Effect.zipRight(Effect.sleep(body.everyMillis), write(response, body.chunk)))
        )
      )
  }
}

const answer = (server: Server, incoming: IncomingMessage, response: ServerResponse): Effect.Effect<void> =>
  Effect.gen(function* () {
    const body = yield* bodyOf(incoming)
    if (body === undefined) return yield* send(response, yield* server.stamp(tooLarge))
    const outcome = yield* server.handle(requestOf(incoming, body))
    // a reset, as node's clients see one when a server crashes
    if (outcome._tag === "Dropped") response.socket?.resetAndDestroy()
    else yield* send(response, outcome.reply)
  })

const listen = (node: NodeServer, port: number): Effect.Effect<AddressInfo, Error> =>
  Effect.async((resume) => {
    node.once("error", (error) => resume(Effect.fail(error)))
    node.listen(port, "127.0.0.1", () => {
      const address = node.address()
      resume(
        address === null || typeof address === "string"
          ? Effect.fail(new Error("the server has no address"))
          : Effect.succeed(address)
      )
    })
  })

/** Puts the server behind a port of the loopback address until the scope ends; 0 is any free port. */
export const serve = (server: Server, port: number): Effect.Effect<number, Error, Scope.Scope> =>
  Effect.gen(function* () {
    const runtime = yield* Effect.runtime()
    const scope = yield* Effect.scope
    const node = yield* Effect.acquireRelease(
      Effect.sync(() => createServer({ keepAliveTimeout: 75_000 })),
      (node) =>
        Effect.async<void>((resume) => {
          node.close(() => resume(Effect.void))
          node.closeAllConnections()
        })
    )
    node.on("request", (incoming, response) => {
      response.sendDate = false
      const fiber = Runtime.runFork(runtime)(answer(server, incoming, response), { scope })
      // the client gave up, or there is nothing left to do
      response.on("close", () => fiber.unsafeInterruptAsFork(fiber.id()))
    })
    node.on("clientError", (_, socket) => {
      const { body, headers } = Runtime.runSync(runtime)(server.stamp(malformed))
      const text = body._tag === "Text" ? body.text : ""
      const head = { ...headers, "content-length": Buffer.byteLength(text), connection: "close" }
      const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`)
      if (socket.writable) socket.end(`HTTP/1.1 400 Bad Request\r\n${lines.join("")}\r\n${text}`)
    })
    const address = yield* listen(node, port)
    return address.port
  })
