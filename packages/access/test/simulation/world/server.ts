/** The server of a run: the fake, with a history of who changed what, and requests that outlive their clients. */
import { type behavior, host as fakeHost, type faults, type http, type seed } from "@checkpoint-permissions/fake"
import type { HttpClientRequest } from "@effect/platform"
import { HttpClient, HttpClientError } from "@effect/platform"
import { Effect } from "effect"
import { FakeResponse } from "./reply.ts"
import type { Instant } from "./time.ts"

export type Permission = seed.Permission

/** A request, and what became of it. */
export interface Exchange {
  /** The run that sent it. */
  readonly run: string
  readonly operation: "list" | "create" | "delete"
  readonly checkpoint: string
  /** The project that a listing is about, or those that a create is to grant. */
  readonly projects: ReadonlyArray<string>
  readonly permissionId: string | undefined
  readonly after: string | undefined
  readonly sent: Instant
  readonly made: ReadonlyArray<Permission>
  readonly removed: ReadonlyArray<Permission>
  /** When it changed something. */
  readonly changed: Instant | undefined
  /** When the client had its reply, or an error of the connection, or gave up. */
  readonly ended: Instant | undefined
  /** A status, a code such as `ECONNRESET`, or how it ended. */
  readonly result: number | string
  readonly fault: faults.Fault | undefined
  /** The permissions that the reply names. */
  readonly shown: ReadonlyArray<Shown>
  /** Whether the reply to a listing says that there is more. */
  readonly more: boolean | undefined
}

export type Shown = Pick<Permission, "id" | "project_id">

type Changing = { -readonly [K in keyof Exchange]: Exchange[K] }

/** The permissions of a checkpoint from an instant on, and who made them so. */
export interface Version {
  readonly since: Instant
  readonly by: string
  readonly permissions: ReadonlyArray<Permission>
}

/** A sender of requests, which receives their outcomes while it lives. */
export interface Sender {
  readonly run: string
  /** Called when the sender dies; returns what is called no more. */
  readonly onDeath: (task: () => void) => () => void
}

export interface Options {
  readonly behavior: behavior.Settings
  readonly faults: faults.Plan
  readonly seed: seed.Seed
  readonly now: () => number
  readonly instant: () => Instant
  /** Runs an effect in the time of the server. */
  readonly fork: (self: Effect.Effect<void>) => () => void
  /** Whether a request whose client died is executed all the same. */
  readonly outlives: () => boolean
}

const path = /^\/v1\/fine_tuning\/checkpoints\/([^/]+)\/permissions(?:\/([^/]+))?$/

const bodyOf = (request: HttpClientRequest.HttpClientRequest): string => {
  const { body } = request
  switch (body._tag) {
    case "Uint8Array":
      return new TextDecoder().decode(body.body)
    case "Raw":
      return body.body instanceof Uint8Array ? new TextDecoder().decode(body.body) : String(body.body)
    default:
      return ""
  }
}

const projectsIn = (body: string): ReadonlyArray<string> => {
  const parsed: unknown = body === "" ? {} : JSON.parse(body)
  const ids = typeof parsed === "object" && parsed !== null && "project_ids" in parsed ? parsed.project_ids : []
  return Array.isArray(ids) ? ids.map(String) : []
}

const isShown = (item: unknown): item is Shown =>
  typeof item === "object" && item !== null && "id" in item && "project_id" in item

/** Returns the page of a reply, if it has one. */
const pageIn = (outcome: http.Outcome): Pick<Exchange, "shown" | "more"> => {
  const nothing = { shown: [], more: undefined }
  if (outcome._tag === "Dropped" || outcome.reply.status !== 200 || outcome.reply.body._tag !== "Text") return nothing
  try {
    const page: unknown = JSON.parse(outcome.reply.body.text)
    if (typeof page !== "object" || page === null) return nothing
    const data: unknown = "data" in page ? page.data : []
    const more = "has_more" in page && typeof page.has_more === "boolean" ? page.has_more : undefined
    return { shown: Array.isArray(data) ? data.filter(isShown) : [], more }
  } catch {
    return nothing
  }
}

const operations: Readonly<Record<string, Exchange["operation"]>> = { GET: "list", POST: "create", DELETE: "delete" }

export class Server {
  readonly exchanges: Array<Exchange> = []
  readonly versions = new Map<string, Array<Version>>()
  private readonly host: fakeHost.Host
  private readonly options: Options

  constructor(options: Options) {
    this.options = options
    const { behavior, faults, now, seed } = options
    this.host = fakeHost.make({ behavior, faults, seed }, now())
    for (const [checkpoint, permissions] of this.host.allPermissions()) {
      this.versions.set(checkpoint, [{ since: options.instant(), by: "the beginning", permissions }])
    }
  }

  permissions(checkpoint: string): ReadonlyArray<Permission> {
    return this.host.permissions(checkpoint)
  }

  /** A change by a program without this library: immediate, and without faults. */
  byHand(checkpoint: string, change: { readonly remove: string } | { readonly add: string }): void {
    const now = this.options.now()
    if ("remove" in change) this.host.remove(checkpoint, change.remove, now)
    else this.host.seed({ [checkpoint]: [change.add] }, now)
    this.remember(checkpoint, "another program")
  }

  /** Nothing goes wrong from here on, and nothing is slow. */
  calm(settings: behavior.Settings): void {
    this.host.setFaults({ _tag: "Scripted", entries: [] })
    this.host.setBehavior(settings, this.options.now())
  }

  client(sender: Sender): HttpClient.HttpClient {
    return HttpClient.make((request, url) =>
      Effect.async((resume) => {
        const give = this.submit(sender, request, url, (outcome) =>
          resume(
            outcome._tag === "Replied"
              ? Effect.succeed(new FakeResponse(request, outcome.reply))
              : Effect.fail(
                  new HttpClientError.RequestError({
                    request,
                    reason: "Transport",
                    cause: Object.assign(new Error(outcome.code), { code: outcome.code })
                  })
                )
          )
        )
        return Effect.sync(give)
      })
    )
  }

  private remember(checkpoint: string, by: string): Instant {
    const since = this.options.instant()
    const before = this.versions.get(checkpoint) ?? []
    this.versions.set(checkpoint, [...before, { since, by, permissions: this.host.permissions(checkpoint) }])
    return since
  }

  /** Sends a request; returns what gives it up. */
  private submit(
    sender: Sender,
    request: HttpClientRequest.HttpClientRequest,
    url: URL,
    onOutcome: (outcome: http.Outcome) => void
  ): () => void {
    const { fork, instant, now, outlives } = this.options
    const [, checkpoint = "", permissionId] = path.exec(url.pathname) ?? []
    const body = bodyOf(request)
    const filter = url.searchParams.get("project_id")
    const operation = operations[request.method] ?? "list"
    const exchange: Changing = {
      run: sender.run,
      operation,
      checkpoint: decodeURIComponent(checkpoint),
      projects: operation === "create" ? projectsIn(body) : filter === null ? [] : [filter],
      permissionId: permissionId === undefined ? undefined : decodeURIComponent(permissionId),
      after: url.searchParams.get("after") ?? undefined,
      sent: instant(),
      made: [],
      removed: [],
      changed: undefined,
      ended: undefined,
      result: "pending",
      fault: undefined,
      shown: [],
      more: undefined
    }
    this.exchanges.push(exchange)

    const end = (result: number | string) => {
      if (exchange.ended !== undefined) return
      exchange.ended = instant()
      exchange.result = result
    }
    /** Does something with the fake, and looks whether that changed anything. */
    const watched = <A>(work: () => A): A => {
      const before = this.host.permissions(exchange.checkpoint)
      const result = work()
      const after = this.host.permissions(exchange.checkpoint)
      if (after !== before) {
        exchange.made = after.filter(({ id }) => before.every((one) => one.id !== id))
        exchange.removed = before.filter(({ id }) => after.every((one) => one.id !== id))
        if (exchange.made.length + exchange.removed.length > 0) {
          exchange.changed = this.remember(exchange.checkpoint, sender.run)
        }
      }
      return result
    }

    const received = watched(() =>
      this.host.receive(
        {
          method: request.method,
          url: request.url,
          path: url.pathname,
          query: [...url.searchParams],
          headers: { ...request.headers, ...(body === "" ? {} : { "content-type": "application/json" }) },
          body
        },
        now()
      )
    )
    const { handle: ticket } = received
    exchange.fault = this.host.requests().at(-1)?.fault
    const proceed = (step: typeof received.step): Effect.Effect<void> => {
      if (step._tag === "Wait") {
        survives = step.survives
        return Effect.zipRight(
          Effect.sleep(step.after),
          Effect.suspend(() => proceed(watched(() => this.host.resume(ticket, step.pending, now()))))
        )
      }
      const { later, outcome } = step
      return Effect.suspend(() => {
        stopWatching()
        Object.assign(exchange, pageIn(outcome))
        end(outcome._tag === "Replied" ? outcome.reply.status : outcome.code)
        onOutcome(outcome)
        return later === undefined
          ? Effect.void
          : Effect.zipRight(
              Effect.sleep(later.after),
              Effect.sync(() => {
                watched(() => this.host.resume(ticket, later.pending, now()))
              })
            )
      })
    }
    let survives = false
    const stop = fork(Effect.zipRight(Effect.yieldNow(), proceed(received.step)))
    const give = (result: string, goesOn: boolean) => {
      stopWatching()
      end(result)
      this.host.abandon(ticket, now())
      if (!goesOn) stop()
    }
    const stopWatching = sender.onDeath(() => give("its client died", survives || outlives()))
    return () => give("given up", survives)
  }
}
