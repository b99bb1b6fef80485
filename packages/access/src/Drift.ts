/**
 * Differences between a policy and the server. Every checkpoint of the policy is read, and the audit log shows the
 * actors.
 *
 * @example
 * ```ts
 * import { type AccessPolicy, Drift } from "@checkpoint-permissions/access"
 * import { Effect } from "effect"
 *
 * const nightly = Effect.fn(function* (policy: AccessPolicy.AccessPolicy) {
 *   const drift = yield* Drift.read(policy)
 *   if (drift.exitCode !== 0) yield* Effect.logWarning(Drift.toText(drift))
 *   return drift.exitCode
 * })
 * ```
 */
import "./internal/installEffect3.ts"

export { make } from "./internal/drift/differences.ts"
export { read } from "./internal/drift/read.ts"
export { Drift } from "./internal/drift/report.ts"
export { toCsv, toJson, toLines, toMarkdown, toText } from "./internal/drift/text.ts"
