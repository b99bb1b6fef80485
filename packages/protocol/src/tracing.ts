/** Attributes of the span of an attempt, in the names of OpenTelemetry's semantic conventions, without any id. */

/** An attempt of a call. */
export interface Attempt {
  readonly method: string
  readonly template: string
  /** Counted from 1. */
  readonly number: number
}

/** The attributes of the client span of an attempt. */
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
