/**
 * OpenAI's checkpoint permissions for Effect 4: the service, grant and revoke, and a fake server to test against.
 *
 * @since 0.1.0
 */
export * as Access from "./Access.ts"
export * as CheckpointPermissions from "./CheckpointPermissions.ts"
export * as FakePermissions from "./FakePermissions.ts"
export * as Faults from "./Faults.ts"
export * as Identifiers from "./Identifiers.ts"
export * as Metrics from "./Metrics.ts"
export * as Organization from "./Organization.ts"
export * as Pacing from "./Pacing.ts"
export * as Permission from "./Permission.ts"
export * as PermissionsError from "./PermissionsError.ts"
export * as PermissionsErrorSchema from "./PermissionsErrorSchema.ts"
export * as ProjectModels from "./ProjectModels.ts"
export * as RetryPolicy from "./RetryPolicy.ts"
export * as ServerBehavior from "./ServerBehavior.ts"
export * as VirtualClock from "./VirtualClock.ts"
