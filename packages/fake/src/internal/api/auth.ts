import type { Key, ServerBehavior } from "../../behavior.ts"
import { adminKey, ordinaryKey } from "../../behavior.ts"
import type { Reply } from "../../http.ts"
import type { Operation } from "../faults/model.ts"
import { keyId } from "../organization/actors.ts"
import { failure } from "./envelope.ts"

type Headers = Readonly<Record<string, string>>

/** Headers whose values are secrets. */
const secret = /^(?:proxy-)?authorization$|(?:^|-)(?:api|admin|access|subscription)-key$|cookie|token|secret/

/** The headers without a secret in them. */
export const redactedHeaders = (headers: Headers): Headers =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      secret.test(name) ? (/^bearer\s/i.test(value) ? "Bearer <redacted>" : "<redacted>") : value
    ])
  )

/** The key of a request, from `Authorization: Bearer` or Azure's `api-key`. */
export const keyOf = (headers: Headers): string | undefined => {
  const bearer = /^bearer\s+(\S.*)$/i.exec(headers["authorization"] ?? "")?.[1]?.trim()
  const key = bearer ?? headers["api-key"]?.trim()
  return key === "" ? undefined : key
}

/** What each operation needs: a kind of key, and a scope that a refusal names. */
const needs: { readonly [O in Operation]: { readonly admin: boolean; readonly scope: string } } = {
  list: { admin: true, scope: "api.fine_tuning.checkpoints.read" },
  create: { admin: true, scope: "api.fine_tuning.checkpoints.write" },
  delete: { admin: true, scope: "api.fine_tuning.checkpoints.write" },
  "list-models": { admin: false, scope: "api.model.read" },
  "list-jobs": { admin: false, scope: "api.fine_tuning.jobs.read" },
  "list-job-checkpoints": { admin: false, scope: "api.fine_tuning.jobs.read" },
  "list-projects": { admin: true, scope: "api.management.read" },
  "get-model-permissions": { admin: true, scope: "api.management.read" },
  "update-model-permissions": { admin: true, scope: "api.management.write" },
  "delete-model-permissions": { admin: true, scope: "api.management.write" },
  "list-audit-logs": { admin: true, scope: "api.audit_logs.read" },
  "list-admin-keys": { admin: true, scope: "api.management.read" }
}

const permissionScopes: ReadonlyArray<string> = [
  "api.fine_tuning.checkpoints.read",
  "api.fine_tuning.checkpoints.write"
]

const isAdmin = (key: Key): boolean => key.scopes.length > 0

const mayDo = (key: Key, operation: Operation): boolean => {
  const { admin, scope } = needs[operation]
  if (permissionScopes.includes(scope)) return key.scopes.some((one) => one === scope)
  return isAdmin(key) === admin
}

/** As the real server shows a wrong key: its ends at most. */
const masked = (key: string): string =>
  key.length < 16 ? "*".repeat(key.length) : `${key.slice(0, 3)}${"*".repeat(8)}${key.slice(-4)}`

/** Who sends a request. */
export interface Identity {
  /** The project whose models and jobs are seen; all without one. */
  readonly project: string | undefined
  /** The id of the key in the audit log. */
  readonly actor: string
}

/** Who sends a request, or the refusal of a key that may not do this. */
export const authorize = (behavior: ServerBehavior, headers: Headers, operation: Operation): Identity | Reply => {
  const text = keyOf(headers)
  if (text === undefined) {
    return failure(
      401,
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
    )
  }
  const named = headers["openai-project"]?.trim() || undefined
  // as the key of a user, which acts in the project that a request names
  if (behavior.keys === "any") return { project: named, actor: "key_any" }
  const at = behavior.keys.findIndex((one) => one.key === text)
  const byPrefix = text.startsWith("sk-admin-") ? adminKey(text) : ordinaryKey(text)
  const key = behavior.keys[at] ?? (behavior.unknownKeys === "by-prefix" ? byPrefix : undefined)
  if (key === undefined) {
    return failure(
      401,
      `Incorrect API key provided: ${masked(text)}. You can find your API key at https://platform.openai.com/account/api-keys.`,
      { code: "invalid_api_key" }
    )
  }
  const project = isAdmin(key) ? undefined : (key.project ?? behavior.defaultProject)
  if (project !== undefined && named !== undefined && named !== project) {
    return failure(401, "OpenAI-Project header should match project for API key", { code: "mismatched_project" })
  }
  if (mayDo(key, operation)) return { project, actor: at < 0 ? "key_unnamed" : keyId(behavior, at) }
  return failure(
    behavior.missingScopeStatus,
    `You have insufficient permissions for this operation. Missing scopes: ${needs[operation].scope}. Check that you have the correct role in your organization, and if you're using a restricted API key, that it has the necessary scopes.`,
    { code: "missing_scope" }
  )
}
