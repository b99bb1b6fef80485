import type { Scope, ServerBehavior } from "../../behavior.ts"
import type { Operation } from "../../faults.ts"
import type { Reply } from "../../http.ts"
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

const scopeOf = (operation: Operation): Scope =>
  operation === "list" ? "api.fine_tuning.checkpoints.read" : "api.fine_tuning.checkpoints.write"

/** As the real server shows a wrong key: its ends at most. */
const masked = (key: string): string =>
  key.length < 16 ? "*".repeat(key.length) : `${key.slice(0, 3)}${"*".repeat(8)}${key.slice(-4)}`

/** The refusal of a key that may not do this. */
export const refusal = (behavior: ServerBehavior, headers: Headers, operation: Operation): Reply | undefined => {
  const key = keyOf(headers)
  if (key === undefined) {
    return failure(
      401,
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
    )
  }
  if (behavior.keys === "any") return undefined
  const known = behavior.keys.find((one) => one.key === key)
  if (known === undefined) {
    return failure(
      401,
      `Incorrect API key provided: ${masked(key)}. You can find your API key at https://platform.openai.com/account/api-keys.`,
      { code: "invalid_api_key" }
    )
  }
  const scope = scopeOf(operation)
  return known.scopes.includes(scope)
    ? undefined
    : failure(
        behavior.missingScopeStatus,
        `You have insufficient permissions for this operation. Missing scopes: ${scope}. Check that you have the correct role in your organization, and if you're using a restricted API key, that it has the necessary scopes.`,
        { code: "missing_scope" }
      )
}
