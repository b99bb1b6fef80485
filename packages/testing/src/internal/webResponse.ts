import type { Clock as FakeClock } from "@checkpoint-permissions/fake/clock"
import type { Reply } from "@checkpoint-permissions/fake/http"
import { toResponse } from "@checkpoint-permissions/fake/response"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"

/** The `Clock` of a runtime, for the fake. Its timers end with `scope`, if there is one. */
export const clockOf = (runtime: Runtime.Runtime<never>, scope?: Scope.Scope): FakeClock => {
  const clock = Runtime.runSync(runtime)(Effect.clock)
  return {
    now: () => clock.unsafeCurrentTimeMillis(),
    setTimer: (callback, millis) => {
      const fiber = Runtime.runFork(runtime)(
        Effect.map(clock.sleep(Duration.millis(millis)), callback),
        scope && { scope }
      )
      return () => fiber.unsafeInterruptAsFork(fiber.id())
    }
  }
}

/**
 * A text as a `Response` that makes the stream of its body only for those who
 * ask for one: it is most of what a request in-process would cost.
 */
const textResponse = (reply: Reply, text: string): Response => {
  let streamed: Response | undefined
  const source = (): Response => {
    streamed ??= new Response(text)
    return streamed
  }
  return Object.defineProperties(new Response(null, reply), {
    text: { value: () => Promise.resolve(text) },
    json: { value: () => source().json() },
    arrayBuffer: { value: () => source().arrayBuffer() },
    body: { get: () => source().body }
  })
}

/** A reply as the web's `Response`. A body that never ends follows the clock of `runtime` and ends with `signal`. */
export const webResponse = (reply: Reply, runtime: Runtime.Runtime<never>, signal: AbortSignal): Response =>
  reply.body._tag === "Text" && reply.status !== 204 && reply.status !== 205 && reply.status !== 304
    ? textResponse(reply, reply.body.text)
    : toResponse(reply, { clock: clockOf(runtime), signal })
