import type { ServerResponse } from "node:http"
import type { Reply } from "@checkpoint-permissions/fake/http"
import * as Effect from "effect/Effect"

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

/** Sends a body that takes time, or one that ends before its end. */
const sendPiecewise = (
  response: ServerResponse,
  { headers, status }: Reply,
  body: Exclude<Reply["body"], { readonly _tag: "Text" | "FalseGzip" }>
): Effect.Effect<void> => {
  const head = (more: Readonly<Record<string, string | number>> = {}) =>
    Effect.sync(() => response.writeHead(status, { ...headers, ...more }))
  const end = Effect.sync(() => response.end())
  switch (body._tag) {
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

/**
 * Sends a reply, at once if it is whole: most are, and a fiber would cost more than the rest of the request. Otherwise
 * answers what is left to do.
 */
export const send = (response: ServerResponse, reply: Reply): Effect.Effect<void> | undefined => {
  const { body, headers, status } = reply
  if (body._tag !== "Text" && body._tag !== "FalseGzip") return sendPiecewise(response, reply, body)
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body.text) }).end(body.text)
  return undefined
}
