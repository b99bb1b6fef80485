/**
 * The commits of a policy, and what they ask for: the newest intention for a project at a checkpoint wins, unless the
 * server was changed after it. Without git: a caller passes the commits, as the command line does.
 *
 * @since 0.2.0
 */
import "./internal/installEffect3.ts"

export { type AccessChanges, commitOf, make, type PolicyCommit, scopeOf } from "./internal/plan/intentions.ts"
export { type Evidence, isWaiting, newest, oldestGrant, readEvidence } from "./internal/plan/newest.ts"
export { Commit } from "./internal/plan/steps.ts"
