/** Everything that needs the packages of the cluster. */
export { JobId } from "@checkpoint-permissions/cluster/Job"
export { applyInStore } from "./apply.ts"
export { auditInStore } from "./audit.ts"
export { followed, tell, verdict } from "./follow.ts"
export { withJobs } from "./open.ts"
export { work } from "./worker.ts"
