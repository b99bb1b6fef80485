import { attemptAttributes } from "@checkpoint-permissions/protocol/tracing"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import type * as Tracer from "effect/Tracer"

/** What a span says of a request. */
export interface Description {
  /** The path with placeholders, so that no id is in a span. */
  readonly template: string
  /** The base URL of the server. */
  readonly apiUrl: URL
  /** Counted from 1. */
  readonly attempt: number
}

/**
 * Runs an attempt in a client span with the names of OpenTelemetry's semantic
 * conventions. The request does not hold the key yet.
 */
export const withAttemptSpan = <A, E, R>(
  request: HttpClientRequest.HttpClientRequest,
  { apiUrl, attempt, template }: Description,
  send: (span: Tracer.Span) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => {
  const attributes = attemptAttributes({ method: request.method, template, number: attempt }, apiUrl)
  return Effect.useSpan(
    `${request.method} ${template}`,
    { kind: "client", captureStackTrace: false, attributes },
    (span) => Effect.withParentSpan(send(span), span)
  )
}
