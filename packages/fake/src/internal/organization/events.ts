/** The keys and events of a seed, and their checks. */
import * as Check from "../checks.ts"
import { eventTypes } from "./eventTypes.ts"

/** Returns true for an event that the parameter `tenant_only` selects. */
export const isOfTenant = (type: string): boolean => /^tenant\.|^role\.(?:un)?bound_/.test(type)

/** The owner of an admin key. */
export interface KeyOwner {
  readonly type: "user" | "service_account"
  readonly id: string
  /** Default: the id. */
  readonly name?: string | undefined
  /** The e-mail address of a user. It is in the audit log, but not in the list of keys. */
  readonly email?: string | undefined
  /** Default: `owner` for a user, `member` for a service account. */
  readonly role?: string | undefined
}

/**
 * An admin key in the list of keys and the audit log. The setting `keys` has its scopes, under the same `id`. Times are
 * in Unix seconds.
 */
export interface AdminKey {
  readonly id: string
  readonly name?: string | null | undefined
  readonly owner?: KeyOwner | undefined
  readonly created_at?: number | undefined
  readonly expires_at?: number | null | undefined
  readonly last_used_at?: number | null | undefined
}

/** The actor of an event: a user in a session, of a browser or of a program, or an admin key by its id. */
export type Actor =
  | {
      readonly session: {
        /** Default: made from the address. */
        readonly id?: string | undefined
        readonly email?: string | undefined
        /** Default: `203.0.113.7`. */
        readonly ip_address?: string | undefined
        readonly user_agent?: string | undefined
      }
    }
  | { readonly key: string }

/** An event of the audit log. Fields that the API may omit are optional. Times are in Unix seconds. */
export interface SeedEvent {
  readonly type: string
  readonly effective_at: number
  /** The time from which the log shows it. Default: `auditLag` after the event. */
  readonly shown_at?: number | undefined
  /** Default: made by the server. */
  readonly id?: string | undefined
  /** The project of the event, or `null` for none. Default: the setting `defaultProject`, but none for a login. */
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

const actor: Check.Check = (value, field) => {
  const required = Check.isRecord(value) && "session" in value ? { session } : { key: Check.filled }
  Check.struct("an object with session or key", { required })(value, field)
}

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
