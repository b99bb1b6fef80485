/**
 * The commits of a policy, and what they ask for: the newest intention for a project at a checkpoint wins, unless the
 * server was changed after it. Without git: a caller passes the commits, as the command line does.
 *
 * @example
 * ```ts
 * import { AccessChanges, AccessPolicy } from "@checkpoint-permissions/access"
 * import { DateTime, Effect } from "effect"
 *
 * const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
 * const policyWith = (...projects: ReadonlyArray<string>) =>
 *   AccessPolicy.make({ version: 1, checkpoints: { [checkpoint]: { projects } } })
 *
 * const program = Effect.gen(function* () {
 *   const policy = yield* policyWith("proj_a", "proj_b")
 *   const [at, later] = [DateTime.unsafeMake("2026-12-03"), DateTime.unsafeMake("2026-12-04")]
 *   const base = { id: "3f9c2d1", subject: "Add a", at, policy: yield* policyWith("proj_a") }
 *   const head = { id: "8b41d07", subject: "Add b", at: later, policy }
 *   const changes = yield* AccessChanges.make({ base, commits: [head], head, policy })
 *   return AccessChanges.commitOf(changes, checkpoint, "proj_b")?.subject // "Add b"
 * })
 * ```
 * @since 0.2.0
 */
import "./internal/installEffect3.ts"

export { type AccessChanges, commitOf, make, type PolicyCommit, scopeOf } from "./internal/plan/intentions.ts"
export { isWaiting, newest, oldestGrant, readEvidence } from "./internal/plan/newest.ts"
export { Commit } from "./internal/plan/steps.ts"
