import { errorReply, type Reply, type ServerRequest } from "../../http.ts"

/** The clients that may use the control routes. */
export type Control =
  | "off"
  /** Clients that call the emulator by a name of this machine. */
  | "local"
  /** Clients that send the token as `Authorization: Bearer`. */
  | { readonly token: string }

/** A reply that is delayed until `isDue` returns true after a request, or until `millis` have passed. */
export interface DelayedReply {
  readonly isDue: () => boolean
  readonly reply: () => Reply
  readonly millis: number
}

/** The answer to a control request. */
export type Answer = Reply | DelayedReply

/** Makes a refusal in the error envelope of the API, which itself has no control routes. */
export const refusal = (status: number, message: string, param = ""): Reply =>
  errorReply(status, message, { type: "control_error", code: "control_refused", param })

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** Returns `example.com` of `example.com:80`. */
const hostname = (host: string): string => host.replace(/:\d+$/, "").toLowerCase()

/** Returns the host names of a request: that of `Host`, and that of an absolute URL, as a proxy sends it. */
const namesOf = ({ headers, url }: ServerRequest): ReadonlyArray<string> => {
  const { host } = headers
  if (host === undefined) return []
  const [, named] = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#]*@)?([^/?#]*)/i.exec(url) ?? []
  return named === undefined ? [host] : [host, named]
}

/** Returns the path in the form in which the client sent it. */
const writtenPath = (url: string): string => url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "").replace(/[?#].*$/s, "")

const hasDotSegments = (url: string): boolean =>
  writtenPath(url)
    .split(/[/\\]/)
    .some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment))

const isJson = (contentType: string): boolean => /^application\/json\s*(?:;|$)/i.test(contentType)

/**
 * Refuses requests that a page in a browser could have sent. Browsers send the origin of the page in `Origin`, and the
 * host of the URL in `Host`.
 */
export const guard = (control: Exclude<Control, "off">, request: ServerRequest): Reply | undefined => {
  const { body, headers, method, url } = request
  if (headers["origin"] !== undefined) {
    return refusal(403, "A request with an Origin header comes from a browser: control routes are not for web pages.")
  }
  if (control !== "local") {
    if (headers["authorization"] !== `Bearer ${control.token}`) {
      return refusal(401, "Control routes need the token of --control-token, as Authorization: Bearer <token>.")
    }
  } else if (namesOf(request).some((name) => !loopback.test(hostname(name)))) {
    return refusal(403, "Control routes answer to the names localhost, 127.0.0.1 and [::1] only: use one of them.")
  }
  if (hasDotSegments(url)) {
    return refusal(400, "The path of a control route has no dot segments: encode an id that is one, or leave it out.")
  }
  const contentType = headers["content-type"]
  const hasBody = body !== "" || contentType !== undefined
  if (method !== "GET" && hasBody && !isJson(contentType ?? "")) {
    return refusal(415, "The body of a control route is JSON: send it with Content-Type: application/json.")
  }
  return undefined
}
