import type { Clock } from "../clock.ts"
import type { Host, Ticket } from "../host.ts"
import type { Outcome, ServerRequest } from "../http.ts"
import { connectionError, toResponse } from "../response.ts"
import type { Step, Wait } from "../server.ts"

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

const writtenAs = (input: string | URL | Request): string =>
  typeof input === "string" ? input : input instanceof URL ? input.href : input.url

/** What becomes of a request: does the waiting, and stops with `signal`. */
const outcomeOf = (
  host: Host,
  clock: Clock,
  ticket: Ticket,
  first: Step,
  signal: AbortSignal | undefined
): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    let cancel = () => {}
    const afterWait = (wait: Wait, next: (step: Step) => void, background = false) => {
      const resumed = () => next(host.resume(ticket, wait.pending, clock.now()))
      const stop = clock.setTimer(resumed, wait.after, background)
      cancel = wait.survives ? () => {} : stop
    }
    const onAbort = () => {
      cancel()
      host.abandon(ticket, clock.now())
      reject(signal?.reason)
    }
    const proceed = (step: Step): void => {
      if (step._tag === "Wait") {
        afterWait(step, proceed)
        return
      }
      signal?.removeEventListener("abort", onAbort)
      if (step.later !== undefined) afterWait(step.later, () => {}, true)
      resolve(step.outcome)
    }
    signal?.addEventListener("abort", onAbort)
    proceed(first)
  })

/** A `fetch` that a host answers, in the time of `clock`. */
export const connect =
  (host: Host, clock: Clock) =>
  async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init)
    // the request's own signal only follows the caller's
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined)
    signal?.throwIfAborted()
    const received = await requestOf(request, writtenAs(input))
    signal?.throwIfAborted()
    const { step, ticket } = host.receive(received, clock.now())
    const outcome = await outcomeOf(host, clock, ticket, step, signal)
    if (outcome._tag === "Dropped") throw failed(outcome.code)
    const isRedirect = outcome.reply.headers["location"] !== undefined && outcome.reply.status < 400
    if (isRedirect && request.redirect !== "manual") throw failed("ENOTFOUND")
    return toResponse(outcome.reply, { clock, signal })
  }
