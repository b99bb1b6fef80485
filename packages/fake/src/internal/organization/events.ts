/** The keys and events of a seed, and their checks. */
import * as Check from "../checks.ts"
import { eventTypes } from "./eventTypes.ts"

/** Returns true for an event of the tenant, which `tenant_only` asks for. */
export const isOfTenant = (type: string): boolean => /^tenant\.|^role\.(?:un)?bound_/.test(type)

/**
 * Whose an admin key is.
 *
 * @category models
 */
export interface KeyOwner {
  readonly type: "user" | "service_account"
  readonly id: string
  /** The id by default. */
  readonly name?: string | undefined
  /** Of a user; the audit log shows it, the list of keys does not. */
  readonly email?: string | undefined
  /** `owner` of a user, `member` of a service account by default. */
  readonly role?: string | undefined
}

/**
 * An admin key as the list of keys and the audit log show it. What it may do is said by the setting `keys`, which has
 * its `id`. Times are in Unix seconds.
 *
 * @category models
 */
export interface AdminKey {
  readonly id: string
  readonly name?: string | null | undefined
  readonly owner?: KeyOwner | undefined
  readonly created_at?: number | undefined
  readonly expires_at?: number | null | undefined
  readonly last_used_at?: number | null | undefined
}

/**
 * The actor of an event: a user in a session, of a browser or of a program, or an admin key by its id.
 *
 * @category models
 */
export type Actor =
  | {
      readonly session: {
        /** Made from the address by default. */
        readonly id?: string | undefined
        readonly email?: string | undefined
        /** `203.0.113.7` by default. */
        readonly ip_address?: string | undefined
        readonly user_agent?: string | undefined
      }
    }
  | { readonly key: string }

/**
 * An event of the audit log. What the API may leave out can be left out; times are in Unix seconds.
 *
 * @category models
 */
export interface SeedEvent {
  readonly type: string
  readonly effective_at: number
  /** When the log shows it first; after `auditLag` by default. */
  readonly shown_at?: number | undefined
  /** Made by the server by default. */
  readonly id?: string | undefined
  /** The project that it is filed under: the default project by default, none for a login or if it is `null`. */
  readonly project?: string | null | undefined
  readonly actor?: Actor | null | undefined
  readonly permission_id?: string | undefined
  readonly project_id?: string | undefined
  readonly fine_tuned_model_checkpoint?: string | undefined
}

const owner = Check.struct("an object with type and id", {
  required: { type: Check.oneOf("user", "service_account"), id: Check.filled },
  optional: { name: Check.text, email: Check.filled, role: Check.text }
})

export const adminKey = Check.struct("an object with an id", {
  required: { id: Check.filled },
  optional: {
    name: Check.nullable(Check.text),
    owner,
    created_at: Check.seconds,
    expires_at: Check.nullable(Check.seconds),
    last_used_at: Check.nullable(Check.seconds)
  }
})

const session = Check.struct("an object with an id or an email", {
  optional: { id: Check.filled, email: Check.filled, ip_address: Check.filled, user_agent: Check.filled }
})

const byKey = Check.struct("an object with session or key", { required: { key: Check.filled } })
const bySession = Check.struct("an object with session or key", { required: { session } })

const actor: Check.Check = (value, field) =>
  Check.isRecord(value) && "session" in value ? bySession(value, field) : byKey(value, field)

const eventType = Check.that(
  'a type of event, such as "checkpoint.permission.created"',
  (value) => typeof value === "string" && eventTypes.has(value)
)

export const seedEvent = Check.struct("an object with type and effective_at", {
  required: { type: eventType, effective_at: Check.seconds },
  optional: {
    shown_at: Check.seconds,
    id: Check.filled,
    project: Check.nullable(Check.projectId),
    actor: Check.nullable(actor),
    permission_id: Check.permissionId,
    project_id: Check.projectId,
    fine_tuned_model_checkpoint: Check.checkpointId
  }
})
