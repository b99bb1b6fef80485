/** What the audit log says of permissions: its events, and the changes that they stand for. */

/** Who made a change: a user in a session, or a key. What the log leaves out is not there. */
export interface Actor {
  readonly key?: string
  /** The e-mail address of the user, or the id of the user or of the service account. */
  readonly user?: string
}

/** A permission as a saved audit, an inventory or a journal knows it. */
export interface KnownPermission {
  readonly permission: string
  readonly project?: string | undefined
  readonly checkpoint?: string | undefined
}

/** One change to permissions. Without a checkpoint nobody knows where it was. */
export interface Change {
  readonly event: string
  /** Unix seconds. */
  readonly at: number
  readonly action: "grant" | "revoke"
  readonly permission?: string
  readonly project?: string
  readonly checkpoint?: string
  readonly by: Actor
}

/** The type of an event that made a permission. */
export const created = "checkpoint.permission.created"
/** The type of an event that took one away. It names the permission alone. */
export const deleted = "checkpoint.permission.deleted"
