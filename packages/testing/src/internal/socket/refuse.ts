import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http"
import { Socket } from "node:net"
import type { Duplex } from "node:stream"
import type { Reply } from "@checkpoint-permissions/fake/http"
import { errorReply } from "@checkpoint-permissions/fake/http"

export const bodyTooLarge = errorReply(413, "The request body is too large.", { code: "request_too_large" })
export const noHost = errorReply(400, "The request has no Host header.", { code: "bad_request" })
const malformed = errorReply(400, "The request is not well-formed HTTP.", { code: "bad_request" })
const headersTooLarge = errorReply(431, "The request headers are too large.", { code: "headers_too_large" })
const tooSlow = errorReply(408, "The request took too long to arrive.", { code: "request_timeout" })

const tunnel = errorReply(
  405,
  "Not allowed to CONNECT: this is a server, not a proxy. (HINT: HTTPS_PROXY may contain its address. Use the address as the base URL instead.)",
  { code: "method_not_supported", headers: { allow: "GET, POST, DELETE" } }
)

export const noUpgrade = errorReply(501, "The server speaks HTTP only: leave out the header Upgrade.", {
  code: "upgrade_not_supported",
  headers: { connection: "close" }
})

/** The time without data from a refused client after which its connection is closed, in milliseconds. */
const lingerTimeout = 5000

/** The first byte of a TLS connection: a handshake record. */
const tlsHandshake = 0x16

export interface ClientError extends Error {
  readonly code?: string
  readonly rawPacket?: Uint8Array
}

const refusalOf = ({ code }: ClientError): Reply => {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return headersTooLarge
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return tooSlow
    default:
      return malformed
  }
}

/**
 * Returns true if a request offers another protocol. Java's client offers `h2c` with every request, which may be
 * ignored.
 */
export const asksForUpgrade = ({ headers: { connection = "", upgrade } }: IncomingMessage): boolean =>
  upgrade !== undefined && /\bupgrade\b/i.test(connection) && !/\bh2c\b/i.test(upgrade)

const close = (socket: Duplex, { body, headers, status }: Reply): void => {
  const text = body._tag === "Text" ? body.text : ""
  const head = { ...headers, "content-length": Buffer.byteLength(text), connection: "close" }
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`)
  // further bytes from the client are read and discarded, so that it receives the reply and not a reset
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n${text}`)
  socket.resume()
  if (socket instanceof Socket) socket.setTimeout(lingerTimeout, () => socket.destroy())
}

export const refuseTunnel = (socket: Duplex, stamp: (reply: Reply) => Reply): void => close(socket, stamp(tunnel))

/**
 * Replies to bytes that are not a request, and closes the connection. It sends nothing to a TLS client, or after the
 * start of a reply.
 */
export const refuse = (
  error: ClientError,
  socket: Duplex,
  response: ServerResponse | undefined,
  stamp: (reply: Reply) => Reply
): void => {
  const isTls = error.rawPacket?.[0] === tlsHandshake
  if (!socket.writable || isTls || response?.headersSent === true || error.code === "ECONNRESET") socket.destroy()
  else close(socket, stamp(refusalOf(error)))
}
