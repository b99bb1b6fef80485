/** What is simulated. A planted mistake is in another copy of it. */
export * from "@checkpoint-permissions/access"
export { CheckpointPermissions, Pacing, RetryPolicy } from "@checkpoint-permissions/client"
