/** What saved rows belong to: a run that asks another question, or with another key, does not see them. */
import { hmac } from "@noble/hashes/hmac"
import { sha256 } from "@noble/hashes/sha2"
import * as Encoding from "effect/Encoding"
import * as Redacted from "effect/Redacted"

export interface RowScope {
  readonly command: "audit" | "plan"
  readonly apiUrl: string
  /** The headers. */
  readonly organization: string | undefined
  readonly project: string | undefined
  /** The one project that is asked about. */
  readonly filter: string | undefined
  readonly key: Redacted.Redacted
}

const digest = (salt: string, parts: ReadonlyArray<string>): string =>
  Encoding.encodeHex(hmac(sha256, salt, JSON.stringify(parts))).slice(0, 40)

const optional = (text: string | undefined): string => JSON.stringify(text ?? null)

/** Where the rows of a server are. Every base URL of an origin is the same server. */
export const ofServer = (salt: string, apiUrl: string): string => digest(salt, ["server", new URL(apiUrl).origin])

/** Which of them are this scope's. No key can be found from it without the salt. */
export const ofScope = (salt: string, scope: RowScope): string =>
  digest(salt, [
    "rows/1",
    scope.command,
    scope.apiUrl,
    optional(scope.organization),
    optional(scope.project),
    optional(scope.filter),
    Redacted.value(scope.key)
  ])
