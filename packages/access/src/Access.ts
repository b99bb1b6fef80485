/**
 * Access as code: who may use which checkpoint, made so and kept so. Functions over `CheckpointPermissions`; there is
 * no other service to provide.
 *
 * @since 0.1.0
 */
export { apply } from "./internal/apply/apply.ts"
export { type EverywhereOptions, revokeEverywhere } from "./internal/apply/everywhere.ts"
export type { ApplyOptions } from "./internal/apply/options.ts"
export { checkPlan } from "./internal/apply/refusal.ts"
export { audit } from "./internal/audit/audit.ts"
export type { AuditOptions, AuditProgress, Progress } from "./internal/audit/options.ts"
export {
  type Granted,
  grant,
  grantJournaled,
  type Revoked,
  revoke,
  revokeJournaled
} from "./internal/checkpoint/grantRevoke.ts"
export type { JournalOptions } from "./internal/checkpoint/writes.ts"
export { type Estimate, estimate, estimateReading } from "./internal/plan/estimate.ts"
export { type PlanOptions, plan } from "./internal/plan/plan.ts"
export { type KnownPermission, knownInLog, planKnown, planRevoke } from "./internal/plan/revocation.ts"
