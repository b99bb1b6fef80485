import { adminKey, type Key, ordinaryKey, type ServerBehavior } from "../../behavior.ts"
import { errors } from "../errors.ts"
import { keyId } from "../organization/actors.ts"
import type { Identity } from "./call.ts"
import { type Endpoint, takesAdmin } from "./endpoints.ts"
import { Refusal } from "./reply.ts"

type Headers = Readonly<Record<string, string>>

const secret = /^(?:proxy-)?authorization$|(?:^|-)(?:api|admin|access|subscription)-key$|cookie|token|secret/

export const redactedHeaders = (headers: Headers): Headers =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      secret.test(name) ? (/^bearer\s/i.test(value) ? "Bearer <redacted>" : "<redacted>") : value
    ])
  )

/** Returns the key of a request, from `Authorization: Bearer` or Azure's `api-key`. */
export const keyOf = (headers: Headers): string | undefined => {
  const bearer = /^bearer\s+(\S.*)$/i.exec(headers["authorization"] ?? "")?.[1]?.trim()
  const key = bearer ?? headers["api-key"]?.trim()
  return key === "" ? undefined : key
}

const isAdmin = (key: Key): boolean => key.scopes.length > 0

const mayDo = (key: Key, endpoint: Endpoint): boolean =>
  takesAdmin(endpoint) ? key.scopes.some((scope) => scope === endpoint.scope) : !isAdmin(key)

/** Masks a wrong key as the real server does: only its first and last characters remain. */
const masked = (key: string): string =>
  key.length < 16 ? "*".repeat(key.length) : `${key.slice(0, 3)}${"*".repeat(8)}${key.slice(-4)}`

/** Returns the sender of a request. Throws a refusal if the key may not do this. */
export const authorize = (behavior: ServerBehavior, headers: Headers, endpoint: Endpoint): Identity => {
  const text = keyOf(headers)
  if (text === undefined) throw new Refusal(errors["none/no-key"]())
  const named = headers["openai-project"]?.trim() || undefined
  // like a user's key, which has access to the project that a request names
  if (behavior.keys === "any") return { project: named, key: "key_any" }
  const at = behavior.keys.findIndex((one) => one.key === text)
  const byPrefix = text.startsWith("sk-admin-") ? adminKey(text) : ordinaryKey(text)
  const key = behavior.keys[at] ?? (behavior.unknownKeys === "by-prefix" ? byPrefix : undefined)
  if (key === undefined) throw new Refusal(errors.invalid_api_key(masked(text)))
  const project = isAdmin(key) ? undefined : (key.project ?? behavior.defaultProject)
  if (project !== undefined && named !== undefined && named !== project) throw new Refusal(errors.mismatched_project())
  if (mayDo(key, endpoint)) return { project, key: at < 0 ? "key_unnamed" : keyId(behavior, at) }
  throw new Refusal(errors.missing_scope(endpoint.scope))
}
