import type { ServerResponse } from "node:http"
import { Readable } from "node:stream"
import type { Clock } from "@checkpoint-permissions/fake/clock"
import type { Reply } from "@checkpoint-permissions/fake/http"
import { toResponse } from "@checkpoint-permissions/fake/response"

/** Sends a body that takes time. Returns what ends it. */
const sendStream = (response: ServerResponse, reply: Reply, clock: Clock): (() => void) => {
  response.writeHead(reply.status, reply.headers)
  const { body } = toResponse(reply, { clock })
  const readable = body === null ? Readable.from([]) : Readable.fromWeb(body)
  readable.pipe(response)
  return () => readable.destroy()
}

/** Sends a reply. Returns what ends it where it takes time. */
export const send = (response: ServerResponse, reply: Reply, clock: Clock): (() => void) | undefined => {
  const { body, headers, status } = reply
  if (body._tag === "Repeated" || body._tag === "Endless") return sendStream(response, reply, clock)
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body.text) })
  if (body._tag === "Cut") {
    // cut once the system has taken what comes before
    response.write(Buffer.from(body.text).subarray(0, body.bytes), () => response.socket?.destroy())
  } else response.end(body.text)
  return undefined
}
