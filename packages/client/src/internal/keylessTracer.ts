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

/** Reads as the span itself does, but is another object: a tracer may give the same span to all that it leaves out. */
const keylessSpan = (span: Tracer.Span, scrub: Scrub): Tracer.Span => {
  const methods: Pick<Tracer.Span, "attribute" | "end" | "event" | "addLinks"> = {
    attribute: (name, value) => span.attribute(name, typeof value === "string" ? scrub(value) : value),
    end: (at, exit) => span.end(at, keylessExit(exit, scrub)),
    event: (name, at, attributes) => span.event(name, at, attributes),
    addLinks: (links) => span.addLinks(links)
  }
  return Object.create(span, Object.getOwnPropertyDescriptors(methods))
}

/**
 * The application's tracer for the spans that the platform makes of requests. Their
 * attributes and their ends hold the key: it is in the request of an error and of a
 * reply, and where a server gives it back.
 */
export const make = (tracer: Tracer.Tracer, scrub: Scrub): Tracer.Tracer =>
  Tracer.make({
    span: (...options) => keylessSpan(tracer.span(...options), scrub),
    context: (run, fiber) => tracer.context(run, fiber)
  })
