/** The meaning of a reply that did not arrive, or not whole: transport errors and timeouts. */
import { isObject } from "../input.ts"
import type { RequestFailure, RootCause } from "./failures.ts"
import {
  type Call,
  fieldsOf,
  type Head,
  headFields,
  type Redact,
  redirected,
  refused,
  undecodableBody
} from "./replies.ts"

/** Codes after which certainly no request was sent: the name did not resolve, or no connection was made. */
const neverConnected = new Set([
  "ENOTFOUND",
  "EAI_AGAIN",
  "EAI_FAIL",
  "ECONNREFUSED",
  "UND_ERR_CONNECT_TIMEOUT",
  "ConnectionRefused",
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "ERR_TLS_CERT_ALTNAME_INVALID"
])

/** Codes that mean the same only when connecting failed with them. */
const neverConnectedWhileConnecting = new Set(["EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT", "EADDRNOTAVAIL"])

/** Codes of a body that cannot be decompressed: the reply is wrong, not the connection. */
const undecodable = /^(Z_|ERR__ERROR|Zlib|Brotli)/

/** What undici says when a proxy refuses the tunnel, through which nothing was sent then. */
const proxyRefusal = /^Proxy response \((\d{3})\)/

const stringOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

/** Causes are followed so deep. */
const maxDepth = 8

const rootOf = ({ code, message, name, syscall }: Readonly<Record<string, unknown>>) => ({
  /** The status with which a proxy refused. */
  refusedByProxy: proxyRefusal.exec(stringOf(message) ?? "")?.[1],
  code: stringOf(code),
  syscall: stringOf(syscall),
  message: stringOf(message) ?? stringOf(name) ?? "unknown cause"
})

type Root = ReturnType<typeof rootOf>

/** The root causes of an error: the first with a code along `cause`, and one for each address that was tried. */
const roots = (cause: unknown, depth: number): ReadonlyArray<Root> => {
  const error = isObject(cause) ? cause : { message: String(cause) }
  const { cause: inner, code, errors } = error
  if (depth < maxDepth) {
    if (Array.isArray(errors) && errors.length > 0) return errors.flatMap((error) => roots(error, depth + 1))
    if (typeof code !== "string" && inner !== undefined && inner !== null) return roots(inner, depth + 1)
  }
  return [rootOf(error)]
}

const reasonOf = ({ code, message, refusedByProxy }: Root): string =>
  refusedByProxy === undefined ? (code ?? message) : `the proxy refuses with status ${refusedByProxy}`

/** Classifies the error that a request, or the reading of its reply, failed with. That error may hold the key. */
const classify = (cause: unknown) => {
  const all = roots(cause, 0)
  const [{ code, message } = rootOf({})] = all
  return {
    /** The first root cause. */
    root: { code, message },
    /** The codes or messages of the innermost causes, at most three. */
    reason: [...new Set(all.map(reasonOf))].slice(0, 3).join(", "),
    /** Certainly, the server got nothing. */
    neverSent: all.every(
      ({ code, refusedByProxy, syscall }) =>
        refusedByProxy !== undefined ||
        (code !== undefined &&
          (neverConnected.has(code) || (syscall === "connect" && neverConnectedWhileConnecting.has(code))))
    ),
    /** The reply came, but its compression is broken. */
    undecodable: all.some(({ code }) => code !== undefined && undecodable.test(code))
  }
}

const redactedRoot = ({ code, message }: RootCause, redact: Redact): RootCause => ({
  ...(code === undefined ? {} : { code: redact(code) }),
  message: redact(message)
})

/** What a transport error means: `cause` was thrown. With `head`, the reply's body could not be read. */
export const ofTransport = (call: Call, cause: unknown, redact: Redact, head?: Head | undefined): RequestFailure => {
  const { neverSent, reason, root, undecodable } = classify(cause)
  if (head !== undefined) {
    if (head.status >= 300 && head.status < 400) return redirected(call, head, redact)
    // What a 404 means depends on its body.
    if (head.status >= 400 && head.status !== 404) return refused(call, head, "", redact)
    if (undecodable) {
      const failure = undecodableBody(call, head, reason, redact)
      return { ...failure, cause: redactedRoot(root, redact) }
    }
  }
  const sent = head !== undefined || !neverSent
  return {
    kind: "ConnectionError",
    ...fieldsOf(call, sent && mayHaveExecuted(call, head)),
    ...(head && headFields(head, redact)),
    server: redact(call.server),
    reason: redact(reason),
    sent,
    cause: redactedRoot(root, redact)
  }
}

/**
 * By the head of a reply whose body is not known. A delete that is refused did nothing. A create that is refused may
 * have granted a part.
 */
const mayHaveExecuted = ({ operation }: Call, head: Head | undefined): boolean =>
  head === undefined || operation === "create" || head.status < 400 || head.status >= 500 || head.status === 408

/** Returns the failure of an attempt without a reply within its timeout, or with only the head of one. */
export const ofTimeout = (call: Call, timeout: number, redact: Redact, head?: Head | undefined): RequestFailure => ({
  kind: "RequestTimeoutError",
  ...fieldsOf(call, mayHaveExecuted(call, head)),
  ...(head && headFields(head, redact)),
  timeout
})
