/**
 * Access as code: grant and revoke without doubles; policy, plan and apply; audit.
 *
 * @since 0.1.0
 */
export * as Access from "./Access.ts"
export * as AccessDiff from "./AccessDiff.ts"
export * as AccessMatrix from "./AccessMatrix.ts"
export * as AccessPlan from "./AccessPlan.ts"
export * as AccessPolicy from "./AccessPolicy.ts"
export * as AccessStep from "./AccessStep.ts"
export * as Drift from "./Drift.ts"
export * as History from "./History.ts"
export * as Inventory from "./Inventory.ts"
export * as Journal from "./Journal.ts"
export * as TerminalText from "./TerminalText.ts"
