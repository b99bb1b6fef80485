import * as FakeHost from "@checkpoint-permissions/fake/host"
import type { Outcome, Reply, ServerRequest } from "@checkpoint-permissions/fake/http"
import type { Step, Wait } from "@checkpoint-permissions/fake/server"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type { ServerBehavior, Settings } from "../ServerBehavior.ts"
import { change, defaults } from "../ServerBehavior.ts"
import type { Options } from "./service.ts"
import { toFake } from "./settings.ts"

/** The fake with the waits of its requests carried out in the time of the `Clock`, and with settings in Effect's types. */
export interface Server {
  readonly host: FakeHost.Host
  readonly behavior: () => ServerBehavior
  readonly setBehavior: (settings: Settings, now: number) => void
  readonly handle: (request: ServerRequest) => Effect.Effect<Outcome>
  /** The headers of a reply to something that never became a request. */
  readonly stamp: (reply: Reply) => Effect.Effect<Reply>
}

/** A server as its user's options describe it. What it does late ends with `scope`. */
export const open = (options: Options, now: number, scope: Scope.Scope): Server => {
  const { behavior: settings = {}, faults, organization, randomSeed, seed } = options
  const host = FakeHost.make({ seed, organization, behavior: toFake(settings), faults, randomSeed }, now)
  let behavior = change(defaults, settings)

  const background = <A>(self: Effect.Effect<A>) => Effect.forkIn(Effect.interruptible(self), scope)

  const afterWait = (ticket: FakeHost.Ticket, { after, pending }: Wait): Effect.Effect<Outcome> => {
    const resumed = Effect.flatMap(Clock.currentTimeMillis, (now) => proceed(ticket, host.resume(ticket, pending, now)))
    return after === 0 ? resumed : Effect.zipRight(Effect.sleep(after), resumed)
  }

  const proceed = (ticket: FakeHost.Ticket, step: Step): Effect.Effect<Outcome> => {
    if (step._tag === "Wait") {
      const rest = afterWait(ticket, step)
      return step.survives ? Effect.flatMap(background(rest), Fiber.join) : rest
    }
    const outcome = Effect.succeed(step.outcome)
    return step.later === undefined ? outcome : Effect.zipRight(background(afterWait(ticket, step.later)), outcome)
  }

  return {
    host,
    behavior: () => behavior,
    setBehavior: (settings, now) => {
      host.setBehavior(toFake(settings), now)
      behavior = change(behavior, settings)
    },
    handle: (request) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(Clock.currentTimeMillis, (time) => {
          const { step, ticket } = host.receive(request, time)
          return Effect.onInterrupt(restore(proceed(ticket, step)), () =>
            Effect.map(Clock.currentTimeMillis, (now) => host.abandon(ticket, now))
          )
        })
      ),
    stamp: (reply) => Effect.map(Clock.currentTimeMillis, (now) => host.stamp(reply, now))
  }
}
