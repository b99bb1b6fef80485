import type * as Tracer from "effect/Tracer"

export const annotate = (span: Tracer.Span, attributes: Readonly<Record<string, unknown>>): void => {
  for (const [name, value] of Object.entries(attributes)) span.attribute(name, value)
}
