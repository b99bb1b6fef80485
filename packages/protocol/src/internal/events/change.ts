/** Changes to permissions, from events of the audit log. */

/** The user of a session, or a key. A field that the log lacks is missing. */
export interface Actor {
  readonly key?: string
  /** The e-mail address of the user, or else the id of the user or of the service account. */
  readonly user?: string
  /** The id of the user, if `user` is an e-mail address. */
  readonly userId?: string
  /** The user agent of a session, a browser or a program: one line of at most 60 characters. */
  readonly agent?: string
}

/** Project and checkpoint of a permission. Unknown ones are missing. */
export interface PermissionTarget {
  readonly permission: string
  readonly project?: string | undefined
  readonly checkpoint?: string | undefined
}

/** One change to permissions. A field that no event has is missing. */
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

/** The type of an event that created a permission. */
export const created = "checkpoint.permission.created"
/** The type of an event that deleted a permission. Such an event has only the id of the permission. */
export const deleted = "checkpoint.permission.deleted"
