import type { ServerResponse } from "node:http"
import type { Duplex } from "node:stream"
import type { Reply } from "@checkpoint-permissions/fake/http"
import { errorReply } from "@checkpoint-permissions/fake/http"

export const bodyTooLarge = errorReply(413, "The request body is too large.", { code: "request_too_large" })
export const noHost = errorReply(400, "The request has no Host header.", { code: "bad_request" })
const malformed = errorReply(400, "The request is not well-formed HTTP.", { code: "bad_request" })
const headersTooLarge = errorReply(431, "The request headers are too large.", { code: "headers_too_large" })
const tooSlow = errorReply(408, "The request took too long to arrive.", { code: "request_timeout" })

const reasons: Readonly<Record<number, string>> = {
  400: "Bad Request",
  408: "Request Timeout",
  431: "Request Header Fields Too Large"
}

/** The first byte of a TLS connection: a handshake record. */
const tlsHandshake = 0x16

/** What Node says of a request that it could not read. */
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
 * Answers what never became a request and closes the connection. To TLS and to a
 * client that has begun to get a reply, nothing is said.
 */
export const refuse = (
  error: ClientError,
  socket: Duplex,
  response: ServerResponse | undefined,
  stamp: (reply: Reply) => Reply
): void => {
  const isTls = error.rawPacket?.[0] === tlsHandshake
  if (!socket.writable || isTls || response?.headersSent === true || error.code === "ECONNRESET") {
    socket.destroy()
    return
  }
  const { body, headers, status } = stamp(refusalOf(error))
  const text = body._tag === "Text" ? body.text : ""
  const head = { ...headers, "content-length": Buffer.byteLength(text), connection: "close" }
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`)
  // what else the client sends is read and dropped, so that it sees the reply rather than a reset
  socket.end(`HTTP/1.1 ${status} ${reasons[status] ?? ""}\r\n${lines.join("")}\r\n${text}`)
}
