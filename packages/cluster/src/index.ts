/**
 * Past one machine: one writer for each checkpoint, and applies that survive a machine, on `@effect/cluster` and an SQL
 * database.
 *
 * @since 0.1.0
 */
export * as Audits from "./Audits.ts"
export * as Cluster from "./Cluster.ts"
export * as Job from "./Job.ts"
export * as Jobs from "./Jobs.ts"
export * as SqlRateLimiter from "./SqlRateLimiter.ts"
export * as StoreError from "./StoreError.ts"
export * as Worker from "./Worker.ts"
