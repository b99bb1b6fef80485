/** What is in a lock file, and what it is called. */
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import { sha256 } from "../sha256.ts"
import { Instance } from "./identity.ts"
import { Holder, type MakeOptions } from "./model.ts"

/** Which lock. */
export interface Subject {
  readonly lock: "run" | "checkpoint"
  readonly checkpoint?: CheckpointId
  readonly server: string
  readonly organization: string | null
}

/** A holder as its lock file describes it. */
export const Entry = Schema.Struct({
  version: Schema.Literal(1),
  /** Tells this holding from every other one. It becomes part of a file's name. */
  token: Schema.String.pipe(Schema.pattern(/^[0-9a-f]{32}$/)),
  lock: Schema.String,
  checkpoint: Schema.optional(Schema.String),
  server: Schema.String,
  organization: Schema.NullOr(Schema.String),
  holder: Holder,
  /** Whoever has the same one may take the lock over sooner. */
  coordinator: Schema.optional(Schema.String),
  instance: Schema.optional(Instance)
})

export interface Entry extends Schema.Schema.Type<typeof Entry> {}

const json = Schema.parseJson(Entry, { space: 2 })

export const encode = Schema.encodeSync(json)

/** None for an empty or torn file, and for one that another program made. */
export const decode: (text: string) => Option.Option<Entry> = Schema.decodeOption(json)

export const newToken: Effect.Effect<string> = Effect.map(
  Effect.replicateEffect(Random.nextIntBetween(0, 2 ** 32), 4),
  (numbers) => numbers.map((number) => number.toString(16).padStart(8, "0")).join("")
)

/** The origin of a URL: two base URLs of one server are one server. */
const originOf = (apiUrl: string): string => (URL.canParse(apiUrl) ? new URL(apiUrl).origin : apiUrl)

export const runOf = ({ apiUrl, organization }: MakeOptions["server"]): Subject => ({
  lock: "run",
  server: originOf(apiUrl),
  organization: organization ?? null
})

export const checkpointOf = ({ apiUrl }: MakeOptions["server"], checkpoint: CheckpointId): Subject => ({
  lock: "checkpoint",
  checkpoint,
  server: originOf(apiUrl),
  // A checkpoint has one set of permissions, whichever organization a request names.
  organization: null
})

/** The name of a lock file. It tells nothing of server and checkpoint, which may hold any character. */
export const fileName = ({ checkpoint, lock, organization, server }: Subject): Effect.Effect<string> =>
  Effect.map(
    sha256(JSON.stringify([lock, server, lock === "run" ? organization : checkpoint])),
    (digest) => `${lock}-${digest.replace("sha256:", "").slice(0, 32)}.lock`
  )
