import type { Reply } from "../../http.ts"
import type { Call } from "../api/call.ts"
import { one, oneOf } from "../paging/query.ts"
import { page, slice } from "../paging/slice.ts"
import { adminKeysOf, ownerOfKey } from "./actors.ts"
import type { AdminKey } from "./eventSeed.ts"

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

/** The admin keys, oldest first unless another order is asked for. */
export const listAdminKeys = ({ query, state: { behavior, organization } }: Call): Reply => {
  const order = oneOf("order", one(query, "order") ?? "asc", ["asc", "desc"])
  const all = adminKeysOf(organization, behavior)
    .map((key) => shown(key, organization.since))
    .sort((a, b) => a.created_at - b.created_at)
  return page(slice({ all: order === "asc" ? all : all.reverse(), byDefault: 20, max: 100 }, query, behavior))
}
