import type { IncomingMessage } from "node:http"
import type { ServerRequest } from "@checkpoint-permissions/fake/http"
import * as Effect from "effect/Effect"

/** A create of a thousand projects is far below this. */
const maxBodyBytes = 1_048_576

const headersOf = (incoming: IncomingMessage): Readonly<Record<string, string>> => {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value
  }
  return headers
}

/** The body, read to its end; `undefined` if it is too long. */
export const bodyOf = (incoming: IncomingMessage): Effect.Effect<string | undefined> =>
  Effect.async((resume) => {
    let chunks: Array<Buffer> = []
    let bytes = 0
    incoming.on("data", (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= maxBodyBytes) chunks.push(chunk)
      else chunks = []
    })
    incoming.on("end", () =>
      resume(Effect.succeed(bytes > maxBodyBytes ? undefined : Buffer.concat(chunks).toString("utf8")))
    )
  })

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
