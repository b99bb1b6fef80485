import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Tracer from "effect/Tracer"
import type { Scrub } from "./failures.ts"

const keylessExit = (exit: Exit.Exit<unknown, unknown>, scrub: Scrub): Exit.Exit<unknown, unknown> =>
  Exit.isSuccess(exit)
    ? Exit.void
    : Cause.isInterruptedOnly(exit.cause)
      ? exit
      : Exit.fail(scrub(Cause.pretty(exit.cause)))

/**
 * The application's tracer for the spans that the platform makes of requests. Their
 * attributes and their ends hold the key: it is in the request of an error and of a
 * reply, and where a server gives it back.
 */
export const make = (tracer: Tracer.Tracer, scrub: Scrub): Tracer.Tracer =>
  Tracer.make({
    span: (...options) => {
      const span = tracer.span(...options)
      const { attribute, end } = span
      return Object.assign(span, {
        attribute: (name: string, value: unknown) =>
          attribute.call(span, name, typeof value === "string" ? scrub(value) : value),
        end: (at: bigint, exit: Exit.Exit<unknown, unknown>) => end.call(span, at, keylessExit(exit, scrub))
      })
    },
    context: (run, fiber) => tracer.context(run, fiber)
  })
