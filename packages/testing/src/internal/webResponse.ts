import type { Clock as FakeClock } from "@checkpoint-permissions/fake/clock"
import type { Reply } from "@checkpoint-permissions/fake/http"
import { toResponse } from "@checkpoint-permissions/fake/response"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"

/** The `Clock` of a runtime, for the fake. */
export const clockOf = (runtime: Runtime.Runtime<never>): FakeClock => ({
  now: () => Runtime.runSync(runtime)(Clock.currentTimeMillis),
  setTimer: (callback, millis) => {
    const fiber = Runtime.runFork(runtime)(Effect.map(Effect.sleep(millis), callback))
    return () => fiber.unsafeInterruptAsFork(fiber.id())
  }
})

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
