import * as FakeHost from "@checkpoint-permissions/fake/host"
import type { Outcome, ServerRequest } from "@checkpoint-permissions/fake/http"
import type { Step, Wait } from "@checkpoint-permissions/fake/server"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type { ServerBehavior, Settings } from "../ServerBehavior.ts"
import { change, defaults } from "../ServerBehavior.ts"
import type { Options } from "./service.ts"
import { fromFake, toFake } from "./settings.ts"

/** A fake with settings in Effect's types. */
export interface Behaving {
  readonly host: FakeHost.Host
  /** The server's time in milliseconds. */
  readonly now: Effect.Effect<number>
  readonly behavior: () => ServerBehavior
  readonly setBehavior: (settings: Settings, now: number) => void
}

/** The fake with the waits of its requests carried out in the time of the `Clock`. */
export interface Server extends Behaving {
  readonly handle: (request: ServerRequest) => Effect.Effect<Outcome>
}

/** What the fake begins with. Throws `InvalidSetting`. */
export const plainOptions = ({
  baseUrl,
  behavior = {},
  faults,
  keptRequests,
  organization,
  randomSeed,
  seed
}: Options) => ({
  baseUrl,
  seed,
  organization,
  behavior: toFake(behavior),
  faults,
  randomSeed,
  keptRequests
})

/** The settings as their user wrote them, unless they were changed behind his back. */
export const behaving = (host: FakeHost.Host, settings: Settings): Omit<Behaving, "now"> => {
  let behavior = change(defaults, settings)
  let plain = host.behavior()
  return {
    host,
    behavior: () => (host.behavior() === plain ? behavior : fromFake(host.behavior())),
    setBehavior: (changes, now) => {
      const before = host.behavior() === plain ? behavior : fromFake(host.behavior())
      host.setBehavior(toFake(changes), now)
      plain = host.behavior()
      behavior = change(before, changes)
    }
  }
}

/** A server as its user's options describe it. What it does late ends with `scope`. */
export const open = (options: Options, now: number, scope: Scope.Scope): Server => {
  const host = FakeHost.make(plainOptions(options), now)

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
    ...behaving(host, options.behavior ?? {}),
    now: Clock.currentTimeMillis,
    handle: (request) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(Clock.currentTimeMillis, (time) => {
          const { step, ticket } = host.receive(request, time)
          return Effect.onInterrupt(restore(proceed(ticket, step)), () =>
            Effect.map(Clock.currentTimeMillis, (now) => host.abandon(ticket, now))
          )
        })
      )
  }
}
