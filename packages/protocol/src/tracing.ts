/**
 * What spans say: of a request, in the names of OpenTelemetry's semantic conventions, without any id; and of an
 * operation, where it was called.
 */

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

/** Where something was called, as one line of a stack; `false` where stacks are turned off. */
export type CallSite = false | (() => string | undefined)

let outer: CallSite | undefined

/**
 * Where the function was called that calls this one, or one that is so many functions further out. The stack is read
 * when it is asked for, as Effect reads it. `Error.stackTraceLimit = 0` turns it off.
 */
export const callSite = (further = 0): CallSite => {
  if (outer !== undefined) return outer
  const limit: unknown = Reflect.get(Error, "stackTraceLimit")
  if (limit === 0) return false
  const line = 3 + further
  Reflect.set(Error, "stackTraceLimit", line)
  const error = new Error()
  Reflect.set(Error, "stackTraceLimit", limit)
  return () => error.stack?.split("\n")[line]?.trim()
}

/** Calls a function as if it were called at another place: for one that calls later what it was asked for. */
export const calledFrom = <A>(site: CallSite, call: () => A): A => {
  const before = outer
  outer = site
  try {
    return call()
  } finally {
    outer = before
  }
}
