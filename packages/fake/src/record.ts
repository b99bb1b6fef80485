/**
 * A request as the server saw it, and what became of it.
 *
 * @since 0.1.0
 */
import type { Fault, Operation } from "./faults.ts"

/**
 * The key is nowhere in it in the clear: not in JSON, and not when it is
 * printed.
 *
 * @category models
 * @since 0.1.0
 */
export interface RecordedRequest {
  readonly method: string
  /** As the client wrote it: whole, or from the path on, as it came over the wire. */
  readonly url: string
  /** The path, percent-encoded, dot segments resolved. */
  readonly path: string
  /** The query, decoded. */
  readonly query: Readonly<Record<string, string>>
  /** The headers, names in lower case, secrets replaced by `<redacted>`. */
  readonly headers: Readonly<Record<string, string>>
  /** The key, from `Authorization: Bearer` or `api-key`. A function, so that printing a record does not show it. */
  readonly key: () => string | undefined
  readonly body: string
  /** When it came, in milliseconds of the server's clock. */
  readonly time: number
  /** `undefined` if the path or method is none of the API's. */
  readonly operation: Operation | undefined
  readonly checkpoint: string | undefined
  readonly permissionId: string | undefined
  /** The reply's `x-request-id`. */
  readonly requestId: string
  /** The fault it met. */
  readonly fault: Fault | undefined
  /** The reply's status, once there is a reply. */
  readonly status: number | undefined
  /** `abandoned` if the client gave up before the reply. */
  readonly outcome: "pending" | "replied" | "dropped" | "abandoned"
  /** When it was replied to, dropped or abandoned, in milliseconds of the server's clock. */
  readonly answeredAt: number | undefined
}
