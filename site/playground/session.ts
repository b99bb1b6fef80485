/** Requests to the fake, by the rules of `protocol`: what the client does, without Effect around it. */
import { makeFetch } from "@checkpoint-permissions/fake"
import type { FetchOptions } from "@checkpoint-permissions/fake/fetch"
import { failure, identifiers, pacing, wire } from "@checkpoint-permissions/protocol"
import { make as makeTime, type Time } from "./time.ts"

export type Operation = "list" | "create" | "delete"

/** A request as it is drawn. Times are milliseconds from the start. */
export interface Sent {
  readonly operation: Operation
  /** When it was to be sent; from then until `at` it waited. */
  readonly wanted: number
  readonly at: number
  readonly end: number
  /** `undefined` if no reply came. */
  readonly status: number | undefined
  readonly checkpoint: string
}

/** How requests are paced and repeated. */
export type Manner = "adaptive" | "simple"

export class Failed extends Error {
  readonly failure: failure.Failure
  constructor(failure: failure.Failure) {
    super(failure.kind)
    this.failure = failure
  }
}

const server = "https://api.openai.com/v1"
const cap = 600_000
const ids = {
  isPermissionId: (id: string): id is string => identifiers.refusePermission(id) === undefined,
  isProjectId: (id: string): id is string => identifiers.refuseProject(id) === undefined
}

export const page = (json: unknown): wire.Read<wire.Page> => wire.readPage(json, ids)
export const deletion = (json: unknown): wire.Read<wire.Deleted> => wire.readDeleted(json, ids)

/** What a client with two quick retries does, such as an SDK at its defaults. */
const simpleRetries = 2

interface Call<A> {
  readonly operation: Operation
  readonly checkpoint: string
  readonly path: string
  readonly method?: "POST" | "DELETE"
  readonly body?: unknown
  readonly read: (json: unknown) => wire.Read<A>
}

export interface Session {
  readonly manner: Manner
  readonly send: <A>(call: Call<A>) => Promise<A>
  readonly sent: ReadonlyArray<Sent>
  readonly time: Time
  readonly fetch: ReturnType<typeof makeFetch>
}

const randomly = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return state / 4_294_967_296
  }
}

export const open = (settings: FetchOptions, manner: Manner): Session => {
  const time = makeTime()
  const fetch = makeFetch({ ...settings, clock: time })
  const random = randomly(1)
  const sent: Array<Sent> = []
  const paces: Record<Operation, pacing.State> = {
    list: pacing.adaptive(),
    create: pacing.adaptive(),
    delete: pacing.adaptive()
  }
  let lastId = 0

  const step = (operation: Operation, event: pacing.Event): pacing.Actions => {
    const [state, actions] = pacing.step(paces[operation], event)
    paces[operation] = state
    return actions
  }

  /** Waits for the turn of a request, and returns its place in the queue. */
  const enter = (operation: Operation): number => {
    const id = ++lastId
    let actions = step(operation, { _tag: "enter", id, now: time.now(), patience: cap })
    while (!actions.go.includes(id) && actions.wakeAt !== undefined) {
      time.sleepUntil(actions.wakeAt)
      actions = step(operation, { _tag: "tick", now: time.now() })
    }
    return id
  }

  const attempt = async <A>(
    call: Call<A>,
    wanted: number,
    mayHaveExecuted: boolean
  ): Promise<{ readonly ok: A } | failure.RequestFailure> => {
    const asked = { ...call, server, mayHaveExecuted }
    const id = manner === "adaptive" ? enter(call.operation) : 0
    const at = time.now()
    const init = {
      method: call.method ?? "GET",
      headers: { authorization: "Bearer sk-admin-any", "content-type": "application/json" },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) })
    }
    const reply = await time.during(
      fetch(`${server}${call.path}`, init)
        .then(async (response) => ({
          status: response.status,
          headers: Object.fromEntries(response.headers),
          body: await response.text(),
          complete: true
        }))
        .catch((cause: unknown) => ({ cause }))
    )
    const now = time.now()
    const status = "cause" in reply ? undefined : reply.status
    sent.push({ operation: call.operation, checkpoint: call.checkpoint, wanted, at, end: now, status })
    const outcome: { readonly ok: A } | failure.RequestFailure =
      "cause" in reply
        ? failure.ofTransport(asked, reply.cause, String)
        : failure.ofReply(asked, { ...reply, now }, String)
    if (manner === "adaptive") {
      const limited = "kind" in outcome && outcome.kind === "RateLimitError"
      const retryAfter = "kind" in outcome ? outcome.retryAfter : undefined
      step(call.operation, {
        _tag: "leave",
        id,
        now,
        ...("cause" in reply
          ? {}
          : {
              outcome: {
                ...failure.rateLimitsOf(reply.headers),
                status: limited ? ("limited" as const) : ("accepted" as const),
                ...(limited && retryAfter !== undefined ? { retryAfter } : {})
              }
            })
      })
    }
    return outcome
  }

  const send = async <A>(call: Call<A>): Promise<A> => {
    const start = time.now()
    let mayHaveExecuted = false
    for (let failures = 0; ; failures++) {
      const outcome: { readonly ok: A } | failure.RequestFailure = await attempt(call, time.now(), mayHaveExecuted)
      if ("ok" in outcome) return outcome.ok
      mayHaveExecuted = outcome.mayHaveExecuted
      const longest = manner === "adaptive" ? 60_000 : 8000
      const least = manner === "adaptive" ? 1000 : 500
      const delay = Math.max(outcome.retryAfter ?? 0, Math.min(longest, least * 2 ** failures) * (0.75 + random() / 2))
      const isOver = manner === "adaptive" ? time.now() - start + delay > cap : failures >= simpleRetries
      if (!failure.isRetryable(outcome) || isOver) throw new Failed({ ...outcome, attempts: failures + 1 })
      time.sleepUntil(Math.ceil(time.now() + delay))
    }
  }

  return { manner, send, sent, time, fetch }
}
