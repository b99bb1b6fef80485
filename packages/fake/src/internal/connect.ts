import type { Clock } from "../clock.ts"
import type { Outcome, ServerRequest } from "../http.ts"
import { connectionError, toResponse } from "../response.ts"
import type { Driven } from "./server/drive.ts"

const failed = (code: string): Error => new TypeError("fetch failed", { cause: connectionError(code) })

const requestOf = async (request: Request, writtenAs: string): Promise<ServerRequest> => {
  const url = new URL(request.url)
  return {
    method: request.method,
    url: writtenAs,
    path: url.pathname,
    query: [...url.searchParams],
    headers: Object.fromEntries(request.headers),
    body: await request.text()
  }
}

/** Takes a request and calls back with what becomes of it. */
export type Receive = (request: ServerRequest, respond: (outcome: Outcome) => void) => Driven

const outcomeOf = (receive: Receive, request: ServerRequest, signal: AbortSignal | undefined): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    let driven: Driven | undefined
    const onAbort = () => {
      driven?.abandon()
      reject(signal?.reason)
    }
    signal?.addEventListener("abort", onAbort)
    driven = receive(request, (outcome) => {
      signal?.removeEventListener("abort", onAbort)
      resolve(outcome)
    })
    if (signal?.aborted === true) driven.abandon()
  })

const writtenAs = (input: string | URL | Request): string =>
  typeof input === "string" ? input : input instanceof URL ? input.href : input.url

/** A `fetch` that `receive` answers; body streams follow `clock`. */
export const connect =
  (receive: Receive, clock: Clock) =>
  async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init)
    // the request's own signal only follows the caller's
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined)
    signal?.throwIfAborted()
    const received = await requestOf(request, writtenAs(input))
    signal?.throwIfAborted()
    const outcome = await outcomeOf(receive, received, signal)
    if (outcome._tag === "Dropped") throw failed(outcome.code)
    const isRedirect = outcome.reply.headers["location"] !== undefined && outcome.reply.status < 400
    if (isRedirect && request.redirect !== "manual") throw failed("ENOTFOUND")
    return toResponse(outcome.reply, { clock, signal })
  }
