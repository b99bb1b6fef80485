import { isObject } from "../isObject.ts"

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

interface Root {
  /** The status with which a proxy refused. */
  readonly refusedByProxy: string | undefined
  readonly code: string | undefined
  readonly syscall: string | undefined
  readonly message: string
}

const stringOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

/** Causes are followed so deep. */
const maxDepth = 8

/** The innermost causes of an error: one for each address that was tried. */
const roots = (cause: unknown, depth: number): ReadonlyArray<Root> => {
  const { errors, cause: inner, code, syscall, message, name } = isObject(cause) ? cause : { message: String(cause) }
  if (depth < maxDepth) {
    if (Array.isArray(errors) && errors.length > 0) return errors.flatMap((error) => roots(error, depth + 1))
    if (inner !== undefined && inner !== null) return roots(inner, depth + 1)
  }
  return [
    {
      refusedByProxy: proxyRefusal.exec(stringOf(message) ?? "")?.[1],
      code: stringOf(code),
      syscall: stringOf(syscall),
      message: stringOf(message) ?? stringOf(name) ?? "unknown cause"
    }
  ]
}

/** What made a request, or the reading of its reply, fail. The error object itself may hold the key and is let go. */
export interface TransportError {
  /** The codes or messages of the innermost causes, at most three. */
  readonly reason: string
  /** Certainly, the server got nothing. */
  readonly neverSent: boolean
  /** The reply came, but its compression is broken. */
  readonly undecodable: boolean
}

const reasonOf = ({ code, message, refusedByProxy }: Root): string =>
  refusedByProxy === undefined ? (code ?? message) : `the proxy refuses with status ${refusedByProxy}`

export const classify = (cause: unknown): TransportError => {
  const all = roots(cause, 0)
  return {
    reason: [...new Set(all.map(reasonOf))].slice(0, 3).join(", "),
    neverSent: all.every(
      ({ code, refusedByProxy, syscall }) =>
        refusedByProxy !== undefined ||
        (code !== undefined &&
          (neverConnected.has(code) || (syscall === "connect" && neverConnectedWhileConnecting.has(code))))
    ),
    undecodable: all.some(({ code }) => code !== undefined && undecodable.test(code))
  }
}
