import * as Effect from "effect/Effect"

/** As `Effect.annotateCurrentSpan`, in one step. */
export const annotate = (attributes: Readonly<Record<string, unknown>>): Effect.Effect<void> =>
  Effect.withFiberRuntime((fiber) => {
    const span = fiber.currentSpan
    if (span?._tag === "Span") {
      for (const [name, value] of Object.entries(attributes)) span.attribute(name, value)
    }
    return Effect.void
  })
