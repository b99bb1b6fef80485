import type { AnyFiber } from "./apart.ts"

/** As `Effect.annotateCurrentSpan`, at once. */
export const annotate = (fiber: AnyFiber, attributes: Readonly<Record<string, unknown>>): void => {
  const span = fiber.currentSpan
  if (span?._tag !== "Span") return
  for (const [name, value] of Object.entries(attributes)) span.attribute(name, value)
}
