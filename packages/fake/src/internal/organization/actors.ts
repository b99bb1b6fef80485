import type { ServerBehavior } from "../../behavior.ts"
import type { Reply } from "../../http.ts"
import type { Call } from "../api/call.ts"
import { page, slice } from "../api/paging.ts"
import { one, oneOf } from "../api/parameters.ts"
import type { Actor, AdminKey, KeyOwner } from "./events.ts"
import type { OrganizationState } from "./state.ts"

const admin = { type: "user", id: "user-fake", email: "admin@example.com", name: "Admin" } as const

export const atDashboard = (email: string = admin.email): Actor => ({ session: { email, user_agent: "Mozilla/5.0" } })

/** Returns the id of an admin key by its position in the setting `keys`. */
export const keyId = (behavior: ServerBehavior, at: number): string =>
  (behavior.keys === "any" ? undefined : behavior.keys[at]?.id) ?? `key_${at + 1}`

const adminKeysOf = ({ adminKeys }: OrganizationState, { keys }: ServerBehavior): ReadonlyArray<AdminKey> => {
  const described = new Set(adminKeys.map(({ id }) => id))
  const accepted =
    keys === "any"
      ? ["key_any"]
      : keys.flatMap(({ id, scopes }, at) => (scopes.length === 0 ? [] : [id ?? `key_${at + 1}`]))
  return [...adminKeys, ...accepted.filter((id) => !described.has(id)).map((id) => ({ id }))]
}

const ownerOfKey = ({ owner }: AdminKey): KeyOwner => owner ?? admin

const userIdOf = (email: string | undefined): string | undefined =>
  email === undefined ? undefined : email === admin.email ? admin.id : `user-${email.replaceAll(/[^\w]+/g, "-")}`

export const actorOf = ({ identity: { key }, request, state: { behavior, organization } }: Call): Actor => {
  const owner = ownerOfKey(organization.adminKeys.find(({ id }) => id === key) ?? { id: key })
  if (behavior.auditActor === "api-key" || owner.type === "service_account") return { key }
  return { session: { id: owner.id, email: owner.email, user_agent: request.headers["user-agent"] } }
}

/** The fields of a recorded session besides its user, address and user agent. */
const fingerprints = {
  ja3: "a497151ce4338a12c4418c44d375173e",
  ja4: "q13d0313h3_55b375c5d22e_c7319ce65786",
  ip_address_details: {
    country: "US",
    city: "San Francisco",
    region: "California",
    region_code: "CA",
    asn: "64496",
    latitude: "37.77490",
    longitude: "-122.41940"
  }
}

/** An actor in the format of the API, and its ids and addresses for the filters of the log. */
export interface ShownActor {
  readonly ids: ReadonlyArray<string | undefined>
  readonly emails: ReadonlyArray<string | undefined>
  readonly wire: unknown
}

export const showActors = (state: OrganizationState, behavior: ServerBehavior) => {
  const keys = adminKeysOf(state, behavior)
  return (actor: Actor | null | undefined): ShownActor => {
    if (actor === undefined || actor === null) return { ids: [], emails: [], wire: undefined }
    if ("session" in actor) {
      const { email, id = userIdOf(email), ip_address = "203.0.113.7", user_agent } = actor.session
      const session = { user: { id, email }, ip_address, user_agent, ...fingerprints }
      return { ids: [id], emails: [email], wire: { type: "session", session } }
    }
    const { email, id, type } = ownerOfKey(keys.find((one) => one.id === actor.key) ?? { id: actor.key })
    const isUser = type === "user"
    const owner = isUser ? { user: { id, email } } : { service_account: { id } }
    return {
      ids: [actor.key, id],
      emails: isUser ? [email] : [],
      wire: { type: "api_key", api_key: { id: actor.key, type, ...owner } }
    }
  }
}

const shown = (key: AdminKey, since: number) => {
  const owner = ownerOfKey(key)
  const isUser = owner.type === "user"
  return {
    object: "organization.admin_api_key",
    id: key.id,
    name: key.name ?? null,
    redacted_value: `sk-admin...${key.id.slice(-3)}`,
    created_at: key.created_at ?? since,
    expires_at: key.expires_at ?? null,
    last_used_at: key.last_used_at ?? null,
    owner: {
      type: owner.type,
      object: isUser ? "organization.user" : "organization.service_account",
      id: owner.id,
      name: owner.name ?? owner.id,
      created_at: since,
      role: owner.role ?? (isUser ? "owner" : "member")
    }
  }
}

/** Lists the admin keys, oldest first unless another order is requested. */
export const listAdminKeys = ({ query, state: { behavior, organization } }: Call): Reply => {
  const order = oneOf("order", one(query, "order") ?? "asc", ["asc", "desc"])
  const all = adminKeysOf(organization, behavior)
    .map((key) => shown(key, organization.since))
    .sort((a, b) => a.created_at - b.created_at)
  return page(slice({ all: order === "asc" ? all : all.reverse(), byDefault: 20, max: 100 }, query, behavior), behavior)
}
