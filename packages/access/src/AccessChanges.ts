/**
 * The commits of a policy, and what they ask for: the newest intention for a project at a checkpoint wins, unless the
 * server was changed after it. Without git: a caller passes the commits, as the command line does.
 *
 * @example
 * ```ts
 * import { AccessChanges, type AccessPolicy } from "@checkpoint-permissions/access"
 * import { DateTime, Either } from "effect"
 *
 * declare const before: AccessPolicy.AccessPolicy
 * declare const policy: AccessPolicy.AccessPolicy
 *
 * const base = { id: "3f9c2d1", subject: "Add search", at: DateTime.unsafeMake("2026-12-03T09:12:00Z"), policy: before }
 * const head = { id: "8b41d07", subject: "Add fraud", at: DateTime.unsafeMake("2026-12-04T10:30:00Z"), policy }
 *
 * const commit = AccessChanges.make({ base, commits: [head], head, policy }).pipe(
 *   Either.map((changes) => AccessChanges.commitOf(changes, "ft:gpt-4o-mini-2024-07-18:org::a", "proj_fraud"))
 * )
 * ```
 * @since 0.2.0
 */
import "./internal/installEffect3.ts"

export { type AccessChanges, commitOf, make, type PolicyCommit, scopeOf } from "./internal/plan/intentions.ts"
export { isWaiting, newest, oldestGrant, readEvidence } from "./internal/plan/newest.ts"
export { Commit } from "./internal/plan/steps.ts"
