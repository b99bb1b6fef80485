/** Access as code: declare which projects may use which checkpoint, apply it, and keep it that way. */
import "./internal/installEffect3.ts"

export * as Access from "./Access.ts"
export * as AccessMatrix from "./AccessMatrix.ts"
export * as AccessPlan from "./AccessPlan.ts"
export * as AccessPolicy from "./AccessPolicy.ts"
export * as AccessReview from "./AccessReview.ts"
export * as AccessStep from "./AccessStep.ts"
export * as Drift from "./Drift.ts"
export * as History from "./History.ts"
export * as Inventory from "./Inventory.ts"
export * as Journal from "./Journal.ts"
export * as Projects from "./Projects.ts"
