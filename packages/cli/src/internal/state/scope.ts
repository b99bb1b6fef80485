/** What saved rows belong to: a run that asks another question, or with another key, does not see them. */
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

const digest = (...parts: ReadonlyArray<string | null>): string =>
  Encoding.encodeHex(sha256(JSON.stringify(parts))).slice(0, 40)

/** Where the rows of a server are. Every base URL of an origin is the same server. */
export const ofServer = (apiUrl: string): string => digest("server", new URL(apiUrl).origin)

/** Which of them are this scope's. A key that cannot be guessed cannot be found from it. */
export const ofScope = ({ apiUrl, command, filter, key, organization, project }: RowScope): string =>
  digest("rows/2", command, apiUrl, organization ?? null, project ?? null, filter ?? null, Redacted.value(key))
