/** The meaning of transport errors and timeouts: no reply arrived, or only a part of it. */
import { isObject } from "../input.ts"
import { type RequestFailure, type RootCause, repeats } from "./failures.ts"
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

/**
 * Error codes after which no request can have been sent: the name was not resolved, there was no connection, or a
 * certificate was rejected.
 */
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

/** Error codes after which no request can have been sent, if the failed system call is `connect`. */
const neverConnectedWhileConnecting = new Set(["EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT", "EADDRNOTAVAIL"])

/** Error codes of a body that cannot be decompressed. */
const undecodable = /^(Z_|ERR__ERROR|Zlib|Brotli)/

/** The message of undici if a proxy refuses the tunnel. Then nothing was sent. */
const proxyRefusal = /^Proxy response \((\d{3})\)/

const stringOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

/** The maximum depth to which causes are followed. */
const maxDepth = 8

const rootOf = ({ code, message, name, syscall }: Readonly<Record<string, unknown>>) => ({
  /** The status of a proxy that refused the tunnel. */
  refusedByProxy: proxyRefusal.exec(stringOf(message) ?? "")?.[1],
  code: stringOf(code),
  syscall: stringOf(syscall),
  message: stringOf(message) ?? stringOf(name) ?? "unknown cause"
})

type Root = ReturnType<typeof rootOf>

/**
 * Returns the root causes of an error: the first error with a code along `cause`. If several addresses were tried,
 * there is one for each.
 */
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
  refusedByProxy === undefined ? (code ?? message) : `the proxy refused with status ${refusedByProxy}`

/** Classifies the error of a request or of its body. The error may contain the key. */
const classify = (cause: unknown) => {
  const all = roots(cause, 0)
  const [{ code, message } = rootOf({})] = all
  return {
    /** The first root cause. */
    root: { code, message },
    /** The codes or messages of the innermost causes, at most three. */
    reason: [...new Set(all.map(reasonOf))].slice(0, 3).join(", "),
    /** True if the server has certainly received nothing. */
    neverSent: all.every(
      ({ code, refusedByProxy, syscall }) =>
        refusedByProxy !== undefined ||
        (code !== undefined &&
          (neverConnected.has(code) || (syscall === "connect" && neverConnectedWhileConnecting.has(code))))
    ),
    /** True if a reply arrived whose compression is broken. */
    undecodable: all.some(({ code }) => code !== undefined && undecodable.test(code))
  }
}

const redactedRoot = ({ code, message }: RootCause, redact: Redact): RootCause => ({
  ...(code === undefined ? {} : { code: redact(code) }),
  message: redact(message)
})

/** Returns the failure of a request that threw `cause`. With `head`, a reply arrived whose body could not be read. */
export const ofTransport = (call: Call, cause: unknown, redact: Redact, head?: Head | undefined): RequestFailure => {
  const { neverSent, reason, root, undecodable } = classify(cause)
  if (head !== undefined) {
    if (head.status >= 300 && head.status < 400) return redirected(call, head, redact)
    // the meaning of a 404 depends on its body
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
 * Returns true if a request may have been executed, from the head of a reply without its body. A refused request was
 * not executed, but an unsafe one may have been executed in part: a refused create may have granted some projects.
 */
const mayHaveExecuted = ({ operation }: Call, head: Head | undefined): boolean =>
  head === undefined ||
  repeats[operation] === "unsafe" ||
  head.status < 400 ||
  head.status >= 500 ||
  head.status === 408

/** Returns the failure of an attempt that timed out without a reply, or with only the head of a reply. */
export const ofTimeout = (call: Call, timeout: number, redact: Redact, head?: Head | undefined): RequestFailure => ({
  kind: "RequestTimeoutError",
  ...fieldsOf(call, mayHaveExecuted(call, head)),
  ...(head && headFields(head, redact)),
  timeout
})
