import type { ServerBehavior } from "../../behavior.ts"
import type { Actor, AdminKey, KeyOwner } from "./eventSeed.ts"
import type { OrganizationState } from "./state.ts"

/** Whose every key is that the seed does not describe. */
const admin = { type: "user", id: "user-fake", email: "admin@example.com", name: "Admin" } as const

/** Whoever is at the dashboard, by an e-mail address. */
export const atDashboard = (email: string = admin.email): Actor => ({ session: { email } })

/** The id of an admin key, by its place among those of the settings. */
export const keyId = (behavior: ServerBehavior, at: number): string =>
  (behavior.keys === "any" ? undefined : behavior.keys[at]?.id) ?? `key_${at + 1}`

/** The ids of the admin keys that the server takes. */
const known = (behavior: ServerBehavior): ReadonlyArray<string> =>
  behavior.keys === "any"
    ? ["key_any"]
    : behavior.keys.flatMap(({ scopes }, at) => (scopes.length === 0 ? [] : [keyId(behavior, at)]))

/** Those that the seed describes, and those that the settings have. */
export const adminKeysOf = (state: OrganizationState, behavior: ServerBehavior): ReadonlyArray<AdminKey> => {
  const { adminKeys } = state
  const described = new Set(adminKeys.map(({ id }) => id))
  return [
    ...adminKeys,
    ...known(behavior).flatMap((id): ReadonlyArray<AdminKey> => (described.has(id) ? [] : [{ id }]))
  ]
}

export const ownerOfKey = ({ owner }: AdminKey): KeyOwner => owner ?? admin

const userIdOf = (email: string | undefined): string | undefined =>
  email === undefined ? undefined : email === admin.email ? admin.id : `user-${email.replaceAll(/[^\w]+/g, "-")}`

/** What the log calls a key: its id, or one that no list of keys has. */
const trackingId = (behavior: ServerBehavior, id: string): string =>
  behavior.auditKeyIds === "listed" ? id : id.replace(/^(?:key_)?/, "track_")

/** What the filters of the log compare with. */
export interface ShownActor {
  readonly ids: ReadonlyArray<string | undefined>
  readonly emails: ReadonlyArray<string | undefined>
  readonly wire: unknown
}

/** How the actors of a log are shown. */
export const showActors = (state: OrganizationState, behavior: ServerBehavior) => {
  const keys = adminKeysOf(state, behavior)
  return (actor: Actor | null | undefined): ShownActor => {
    if (actor === undefined || actor === null) return { ids: [], emails: [], wire: undefined }
    if ("session" in actor) {
      const { email, id = userIdOf(email), ip_address = "203.0.113.7" } = actor.session
      return { ids: [id], emails: [email], wire: { type: "session", session: { user: { id, email }, ip_address } } }
    }
    const { email, id, type } = ownerOfKey(keys.find((one) => one.id === actor.key) ?? { id: actor.key })
    const key = trackingId(behavior, actor.key)
    const isUser = type === "user"
    const owner = isUser ? { user: { id, email } } : { service_account: { id } }
    return {
      ids: [key, id],
      emails: isUser ? [email] : [],
      wire: { type: "api_key", api_key: { id: key, type, ...owner } }
    }
  }
}
