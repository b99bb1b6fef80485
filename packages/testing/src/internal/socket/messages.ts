import type { IncomingMessage, ServerResponse } from "node:http"
import { Readable } from "node:stream"
import type { Clock } from "@checkpoint-permissions/fake/clock"
import type { Reply, ServerRequest } from "@checkpoint-permissions/fake/http"
import { toResponse } from "@checkpoint-permissions/fake/response"

/** The longest request body. A create of a thousand projects is far below it. */
const maxBodyBytes = 1_048_576

const headersOf = ({ headers }: IncomingMessage): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value = ""]) => [name, Array.isArray(value) ? value.join(", ") : value])
  )

/** Calls back with the whole body, or with `undefined` if it is too long. */
export const readBody = (incoming: IncomingMessage, onBody: (body: string | undefined) => void): void => {
  let chunks: Array<Buffer> = []
  let bytes = 0
  incoming.on("data", (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= maxBodyBytes) chunks.push(chunk)
    else chunks = []
  })
  incoming.on("end", () => {
    if (bytes > maxBodyBytes) onBody(undefined)
    else onBody(bytes === 0 ? "" : Buffer.concat(chunks).toString("utf8"))
  })
}

export const requestOf = (incoming: IncomingMessage, body: string): ServerRequest => {
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

const sendStream = (response: ServerResponse, reply: Reply, clock: Clock): (() => void) => {
  response.writeHead(reply.status, reply.headers)
  const { body } = toResponse(reply, { clock })
  const readable = body === null ? Readable.from([]) : Readable.fromWeb(body)
  readable.pipe(response)
  return () => readable.destroy()
}

/** Sends a reply. Returns a function that stops it if its body takes time. */
export const send = (response: ServerResponse, reply: Reply, clock: Clock): (() => void) | undefined => {
  const { body, headers, status } = reply
  if (body._tag === "Repeated" || body._tag === "Endless") return sendStream(response, reply, clock)
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body.text) })
  if (body._tag === "Cut") {
    // cut after the system has accepted the earlier bytes
    response.write(Buffer.from(body.text).subarray(0, body.bytes), () => response.socket?.destroy())
  } else response.end(body.text)
  return undefined
}
