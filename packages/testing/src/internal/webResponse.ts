import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import type { Body, Reply } from "./http.ts"

const utf8 = new TextEncoder()

/** An error as node's own carry it. */
export const codedError = (message: string, code: string): Error => Object.assign(new Error(message), { code })

/** `fetch` says so of a body that ends badly. */
const terminated = (cause: Error): Error => new TypeError("terminated", { cause })

const failing = (text: Uint8Array, error: Error): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start: (controller) => {
      if (text.length > 0) controller.enqueue(text)
    },
    pull: (controller) => controller.error(error)
  })

const chunkBytes = 65_536

const repeated = (chunk: string, times: number): ReadableStream<Uint8Array> => {
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
  runtime: Runtime.Runtime<never>,
  signal: AbortSignal
): ReadableStream<Uint8Array> => {
  const chunk = utf8.encode(body.chunk)
  let stop: (() => void) | undefined
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        controller.enqueue(utf8.encode(body.text))
        signal.addEventListener("abort", () => {
          stop?.()
          controller.error(signal.reason)
        })
      },
      pull: (controller) => {
        if (signal.aborted || chunk.length === 0) return new Promise<void>(() => {})
        return new Promise<void>((resolve) => {
          const wait = Effect.map(Effect.sleep(body.everyMillis), () => controller.enqueue(chunk.slice()))
          const fiber = Runtime.runFork(runtime)(wait)
          fiber.addObserver(() => resolve())
          stop = () => fiber.unsafeInterruptAsFork(fiber.id())
        })
      },
      cancel: () => stop?.()
    },
    { highWaterMark: 0 }
  )
}

/**
 * A text as a `Response` that makes the stream of its body only for those who
 * ask for one: it is most of what a request in-process would cost.
 */
const textResponse = (text: string, init: ResponseInit): Response => {
  let streamed: Response | undefined
  const source = (): Response => {
    streamed ??= new Response(text)
    return streamed
  }
  return Object.defineProperties(new Response(null, init), {
    text: { value: () => Promise.resolve(text) },
    json: { value: () => source().json() },
    arrayBuffer: { value: () => source().arrayBuffer() },
    body: { get: () => source().body }
  })
}

/** Statuses whose replies have no body. */
const bodiless = new Set([204, 205, 304])

/**
 * A reply as the web's `Response`. A body that never ends follows the clock of
 * `runtime` and ends with `signal`.
 */
export const webResponse = (
  { body, headers, status }: Reply,
  runtime: Runtime.Runtime<never>,
  signal: AbortSignal
): Response => {
  const init = { status, headers }
  if (bodiless.has(status)) return new Response(null, init)
  switch (body._tag) {
    case "Text":
      return textResponse(body.text, init)
    case "Cut":
      return new Response(
        failing(
          utf8.encode(body.text).slice(0, body.bytes),
          terminated(codedError("other side closed", "UND_ERR_SOCKET"))
        ),
        init
      )
    case "FalseGzip":
      return new Response(
        failing(new Uint8Array(), terminated(codedError("incorrect header check", "Z_DATA_ERROR"))),
        init
      )
    case "Repeated":
      return new Response(repeated(body.chunk, body.times), init)
    case "Endless":
      return new Response(endless(body, runtime, signal), init)
  }
}
