/** A reply as the web's `Response`. */
import type { Clock } from "./clock.ts"
import type { Body, Reply } from "./http.ts"

const utf8 = new TextEncoder()

/**
 * Makes an error with a code, like the errors of Node's sockets.
 *
 * @category errors
 */
export const codedError = (message: string, code: string): Error => Object.assign(new Error(message), { code })

/** Makes the error of `fetch` for a body that breaks off. */
const terminated = (cause: Error): Error => new TypeError("terminated", { cause })

const broken = (sent: Uint8Array, error: Error): ReadableStream =>
  new ReadableStream({
    start: (controller) => {
      if (sent.length > 0) controller.enqueue(sent)
    },
    pull: (controller) => controller.error(error)
  })

const chunkBytes = 65_536

const repeated = (chunk: string, times: number): ReadableStream => {
  const unit = utf8.encode(chunk)
  const perPull = Math.max(1, Math.floor(chunkBytes / Math.max(1, unit.length)))
  const block = utf8.encode(chunk.repeat(Math.min(perPull, times)))
  let left = times
  return new ReadableStream({
    pull: (controller) => {
      if (left <= 0) return controller.close()
      controller.enqueue(left >= perPull ? block.slice() : block.slice(0, left * unit.length))
      left -= perPull
    }
  })
}

const endless = (
  body: Extract<Body, { readonly _tag: "Endless" }>,
  clock: Clock,
  signal: AbortSignal | undefined
): ReadableStream => {
  const chunk = utf8.encode(body.chunk)
  let stop = () => {}
  return new ReadableStream(
    {
      start: (controller) => {
        controller.enqueue(utf8.encode(body.text))
        signal?.addEventListener("abort", () => {
          stop()
          controller.error(signal.reason)
        })
      },
      pull: (controller) => {
        if (signal?.aborted === true || chunk.length === 0) return new Promise<void>(() => {})
        return new Promise<void>((resolve) => {
          stop = clock.setTimer(() => {
            controller.enqueue(chunk.slice())
            resolve()
          }, body.everyMillis)
        })
      },
      cancel: () => stop()
    },
    { highWaterMark: 0 }
  )
}

/** Statuses whose replies have no body. */
const bodiless = new Set([204, 205, 304])

/**
 * Converts a reply to a `Response`. The chunks of an endless body follow `clock`, and stop with `signal`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { clock, http, response } from "@checkpoint-permissions/fake"
 *
 * const reply = response.toResponse(http.errorReply(404, "There is no such permission."), { clock: clock.real })
 * assert.equal(reply.status, 404)
 * assert.match(await reply.text(), /no such permission/)
 * ```
 *
 * @category conversions
 */
export const toResponse = (
  { body, headers, status }: Reply,
  options: { readonly clock: Clock; readonly signal?: AbortSignal | undefined }
): Response => {
  const init = { status, headers }
  if (bodiless.has(status)) return new Response(null, init)
  switch (body._tag) {
    case "Text":
      return new Response(body.text, init)
    case "Cut": {
      const sent = utf8.encode(body.text).slice(0, body.bytes)
      return new Response(broken(sent, terminated(codedError("other side closed", "UND_ERR_SOCKET"))), init)
    }
    case "FalseGzip":
      return new Response(
        broken(new Uint8Array(), terminated(codedError("incorrect header check", "Z_DATA_ERROR"))),
        init
      )
    case "Repeated":
      return new Response(repeated(body.chunk, body.times), init)
    case "Endless":
      return new Response(endless(body, options.clock, options.signal), init)
  }
}

const messages: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect ECONNREFUSED 127.0.0.1:443",
  ECONNRESET: "read ECONNRESET",
  ENOTFOUND: "getaddrinfo ENOTFOUND api.openai.com",
  ETIMEDOUT: "connect ETIMEDOUT 127.0.0.1:443"
}

/**
 * Makes the error of a connection that breaks with a code, with the same message as Node.
 *
 * @category errors
 */
export const connectionError = (code: string): Error => codedError(messages[code] ?? code, code)
