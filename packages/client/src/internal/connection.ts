import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as Predicate from "effect/Predicate"

/** Causes after which certainly no request was sent: the name did not resolve, or no connection came about. */
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

/** Causes that mean the same only when it was the connecting that failed. */
const neverConnectedWhileConnecting = new Set(["EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT", "EADDRNOTAVAIL"])

/** A body that could not be decompressed: the reply is wrong, not the connection. */
const undecodable = /^(Z_|ERR__ERROR|Zlib|Brotli)/

interface Root {
  readonly code: string | undefined
  readonly syscall: string | undefined
  readonly message: string
}

const property = (value: object, key: string): unknown => (Predicate.hasProperty(value, key) ? value[key] : undefined)

const stringProperty = (value: object, key: string): string | undefined => {
  const found = property(value, key)
  return typeof found === "string" ? found : undefined
}

/** The innermost causes of an error: one, or as many as addresses were tried. */
const roots = (cause: unknown, depth = 0): ReadonlyArray<Root> => {
  if (!Predicate.isObject(cause)) return [{ code: undefined, syscall: undefined, message: String(cause) }]
  const errors = property(cause, "errors")
  const inner = property(cause, "cause")
  if (depth < 8) {
    if (Array.isArray(errors) && errors.length > 0) return errors.flatMap((error) => roots(error, depth + 1))
    if (inner !== undefined && inner !== null) return roots(inner, depth + 1)
  }
  return [
    {
      code: stringProperty(cause, "code"),
      syscall: stringProperty(cause, "syscall"),
      message: stringProperty(cause, "message") ?? stringProperty(cause, "name") ?? "unknown cause"
    }
  ]
}

/** What made a request or the reading of its reply fail. The platform's error object itself holds the key and is let go. */
export interface ConnectionFailure {
  /** The root cause's code, or else its message. */
  readonly reason: string
  /** True only when the server certainly got nothing. */
  readonly neverSent: boolean
  /** True when the reply came but its compression is broken. */
  readonly undecodable: boolean
}

export const classify = (cause: unknown): ConnectionFailure => {
  const all = roots(cause)
  return {
    reason: [...new Set(all.map((root) => root.code ?? root.message))].slice(0, 3).join(", "),
    neverSent: all.every(
      ({ code, syscall }) =>
        code !== undefined &&
        (neverConnected.has(code) || (syscall === "connect" && neverConnectedWhileConnecting.has(code)))
    ),
    undecodable: all.some(({ code }) => code !== undefined && undecodable.test(code))
  }
}

/** What the transport says went wrong. Its error object holds the key, so only the root cause's code is kept. */
export const ofError = (error: HttpClientError.HttpClientError): ConnectionFailure =>
  classify(error.cause ?? error.description ?? error.reason)
