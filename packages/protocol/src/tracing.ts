/**
 * What a span says of a request, in the names of OpenTelemetry's semantic
 * conventions. No id is in it.
 *
 * @since 0.1.0
 */

/**
 * An attempt of a call.
 *
 * @category models
 * @since 0.1.0
 * @see {@link attemptAttributes}
 */
export interface Attempt {
  readonly method: string
  /** The path with placeholders. */
  readonly template: string
  /** Counted from 1. */
  readonly number: number
}

/**
 * The attributes of the client span of an attempt.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { routes, tracing } from "@checkpoint-permissions/protocol"
 *
 * const attempt = { method: "GET", template: routes.templates.permissions, number: 2 }
 * const attributes = tracing.attemptAttributes(attempt, new URL("https://api.openai.com/v1"))
 * assert.equal(attributes["http.request.resend_count"], 1)
 * ```
 *
 * @category attributes
 * @since 0.1.0
 */
export const attemptAttributes = (
  { method, number, template }: Attempt,
  server: { readonly hostname: string; readonly port: string }
): Readonly<Record<string, string | number>> => ({
  "http.request.method": method,
  "server.address": server.hostname,
  ...(server.port === "" ? {} : { "server.port": Number(server.port) }),
  "url.template": template,
  ...(number === 1 ? {} : { "http.request.resend_count": number - 1 })
})
