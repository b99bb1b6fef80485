import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type { Options } from "../FakePermissions.ts"
import type { Entry, Fault, Plan } from "../Faults.ts"
import { none } from "../Faults.ts"
import type { ServerBehavior } from "../ServerBehavior.ts"
import { change, defaults } from "../ServerBehavior.ts"
import { refusal } from "./auth.ts"
import { create } from "./create.ts"
import { failure, unknownParameter } from "./envelope.ts"
import { apply, dropped } from "./fault.ts"
import * as FaultPlan from "./faultPlan.ts"
import type { Outcome, Reply, ServerRequest } from "./http.ts"
import { html, withHeaders } from "./http.ts"
import { list } from "./list.ts"
import * as Quota from "./quota.ts"
import * as Recorder from "./recorder.ts"
import { remove } from "./remove.ts"
import type { Route } from "./route.ts"
import { route } from "./route.ts"
import { seed } from "./seed.ts"
import * as State from "./state.ts"

/** The server: the request logic behind every transport, and what its controls change. */
export interface Server {
  readonly state: State.State
  readonly recorder: Recorder.Recorder
  readonly behavior: () => ServerBehavior
  readonly setBehavior: (behavior: ServerBehavior, now: number) => void
  readonly setFaults: (plan: Plan) => void
  readonly inject: (entries: ReadonlyArray<Entry>) => void
  readonly handle: (request: ServerRequest) => Effect.Effect<Outcome>
  /** The headers of a reply to something that never became a request. */
  readonly stamp: (reply: Reply) => Effect.Effect<Reply>
}

const isKnown = (state: State.State, behavior: ServerBehavior, checkpoint: string): boolean =>
  behavior.unknownCheckpoints === "accept" ||
  state.checkpoints.has(checkpoint) ||
  behavior.checkpoints.includes(checkpoint) ||
  Object.hasOwn(behavior.owners, checkpoint)

const sleep = (duration: Duration.DurationInput): Effect.Effect<void> =>
  Duration.toMillis(duration) === 0 ? Effect.void : Effect.sleep(duration)

/** What is on every reply. */
const stamped = (reply: Reply, requestId: string, now: number, took: number): Reply =>
  withHeaders(reply, {
    "x-request-id": requestId,
    "openai-processing-ms": String(Math.round(took)),
    date: new Date(now).toUTCString()
  })

const make = (options: {
  readonly behavior: ServerBehavior
  readonly faults: Plan
  readonly now: number
  readonly scope: Scope.Scope
}): Server => {
  const state = State.make()
  const recorder = Recorder.make()
  const quota = Quota.make(options.behavior.rate, options.now)
  let behavior = options.behavior
  let plan = FaultPlan.start(options.faults)
  let injected: ReadonlyArray<FaultPlan.Running> = []

  /** The work itself, all at one instant: no other request comes between its reads and its writes. */
  const work = (request: ServerRequest, route: Route, now: number): Reply => {
    if (route._tag === "Refused") return route.reply
    const { checkpoint, operation } = route
    const refused = refusal(behavior, request.headers, operation) ?? quota.take(operation, now)
    if (refused !== undefined) return refused
    if (checkpoint.startsWith("ftckpt_")) {
      return failure(500, "The server had an error while processing your request. Sorry about that!", {
        type: "server_error"
      })
    }
    if (!isKnown(state, behavior, checkpoint)) {
      return failure(404, `The model '${checkpoint}' does not exist or you do not have access to it.`, {
        param: "fine_tuned_model_checkpoint",
        code: "model_not_found"
      })
    }
    if (route._tag === "List") return list(state, behavior, request, checkpoint)
    const unknown = request.query.find(([name]) => name !== "api-version")
    if (unknown !== undefined) return unknownParameter(unknown[0])
    return route._tag === "Create"
      ? create(state, behavior, request, checkpoint, now)
      : remove(state, behavior, checkpoint, route.permissionId)
  }

  const nextFault = (request: ServerRequest, route: Route): Fault | undefined => {
    if (route._tag === "Refused") return undefined
    const subject: FaultPlan.Subject = { operation: route.operation, checkpoint: route.checkpoint, request }
    for (const one of injected) {
      const fault = one.next(subject)
      if (fault !== undefined) return fault
    }
    return plan.next(subject)
  }

  const finish = (request: ServerRequest, route: Route, fault: Fault | undefined): Effect.Effect<Outcome> => {
    const after = request.query.find(([name]) => name === "after")?.[1]
    const done = Effect.map(Clock.currentTimeMillis, (now): Outcome => {
      const worked = () => work(request, route, now)
      return fault === undefined ? { _tag: "Replied", reply: worked() } : apply(fault, after, worked)
    })
    const extra = fault?._tag === "Latency" ? fault : { before: 0, after: 0 }
    const inTime = sleep(behavior.latency).pipe(
      Effect.zipRight(sleep(extra.before)),
      Effect.zipRight(done),
      Effect.zipLeft(sleep(extra.after)),
      Effect.zipLeft(Effect.suspend(() => sleep(behavior.replyLatency)))
    )
    if (fault?._tag === "DropBefore") return done
    if (fault?._tag !== "LateWork") return inTime
    return sleep(fault.millis).pipe(
      Effect.zipRight(done),
      Effect.interruptible,
      Effect.forkIn(options.scope),
      Effect.flatMap((late) => {
        switch (fault.meanwhile) {
          case "wait":
            return Fiber.join(late)
          case "drop":
            return Effect.succeed(dropped("ECONNRESET", false))
          case "gateway-timeout":
            return Effect.succeed<Outcome>({ _tag: "Replied", reply: html(504, "504 Gateway Time-out") })
        }
      })
    )
  }

  const handle: Server["handle"] = (request) =>
    Effect.flatMap(Clock.currentTimeMillis, (time) => {
      const requestId = State.nextRequestId(state)
      const matched = route(request)
      const fault = nextFault(request, matched)
      const settle = recorder.record(request, matched, { time, requestId, fault })
      return finish(request, matched, fault).pipe(
        Effect.zipWith(Clock.currentTimeMillis, (outcome, now): Outcome => {
          settle(outcome, now)
          if (outcome._tag === "Dropped") return outcome
          return { _tag: "Replied", reply: stamped(outcome.reply, requestId, now, now - time) }
        }),
        Effect.onInterrupt(() => Effect.map(Clock.currentTimeMillis, (now) => settle("abandoned", now)))
      )
    })

  return {
    state,
    recorder,
    behavior: () => behavior,
    setBehavior: (next, now) => {
      if (next.rate !== behavior.rate) quota.change(next.rate, now)
      behavior = next
    },
    setFaults: (next) => {
      plan = FaultPlan.start(next)
      injected = []
    },
    inject: (entries) => {
      injected = [...injected, ...entries.map((entry) => FaultPlan.start({ _tag: "Scripted", entries: [entry] }))]
    },
    handle,
    stamp: (reply) => Effect.map(Clock.currentTimeMillis, (now) => stamped(reply, State.nextRequestId(state), now, 0))
  }
}

/** A server as its user's options describe it. What it does late ends with `scope`. */
export const open = (options: Options, now: number, scope: Scope.Scope): Server => {
  const behavior = change(defaults, options.behavior ?? {})
  const server = make({ behavior, faults: options.faults ?? none, now, scope })
  seed(server.state, options.seed ?? {}, now)
  return server
}
