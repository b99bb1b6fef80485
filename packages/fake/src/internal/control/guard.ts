import { errorReply, type Reply, type ServerRequest } from "../../http.ts"

/** Who may use the control routes. */
export type Control =
  | "off"
  /** Whoever names the emulator by a name of this machine. */
  | "local"
  /** Whoever sends the token, as `Authorization: Bearer`. */
  | { readonly token: string }

/** A reply that is held back until `isDue` says so after some request, or `millis` have passed. */
export interface Held {
  readonly isDue: () => boolean
  readonly reply: () => Reply
  readonly millis: number
}

/** What becomes of a control request. */
export type Answer = Reply | Held

/** A refusal in the envelope of the API, though the API has no such routes. */
export const refusal = (status: number, message: string, param = ""): Reply =>
  errorReply(status, message, { type: "control_error", code: "control_refused", param })

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** `example.com:80` without its port. */
const hostname = (host: string): string => host.replace(/:\d+$/, "").toLowerCase()

/** Whom a request names: in `Host`, and in its URL where that is whole, as a proxy sends it. */
const namesOf = ({ headers, url }: ServerRequest): ReadonlyArray<string> => {
  const { host } = headers
  if (host === undefined) return []
  const [, named] = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#]*@)?([^/?#]*)/i.exec(url) ?? []
  return named === undefined ? [host] : [host, named]
}

/** The path as it was written, from a whole URL or from the path on. */
const writtenPath = (url: string): string => url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "").replace(/[?#].*$/s, "")

const hasDotSegments = (url: string): boolean =>
  writtenPath(url)
    .split(/[/\\]/)
    .some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment))

const isJson = (contentType: string): boolean => /^application\/json\s*(?:;|$)/i.test(contentType)

/**
 * Refuses what a page in a browser, or a client that was led astray, could send. A browser names its page in `Origin`,
 * and the name that it was given in `Host`.
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
