import type { IncomingMessage } from "node:http"
import type { ServerRequest } from "@checkpoint-permissions/fake/http"

/** A create of a thousand projects is far below this. */
const maxBodyBytes = 1_048_576

const headersOf = ({ headers }: IncomingMessage): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value = ""]) => [name, Array.isArray(value) ? value.join(", ") : value])
  )

/** Calls back with the body once it has come whole, with `undefined` if it is too long. */
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
