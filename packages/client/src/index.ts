/** List, stream, create and delete checkpoint permissions as Effects and Streams over any `HttpClient`. */
import "./internal/installEffect3.ts"

// the parts of the core that a program on the client needs, so that one package is enough
export * as Identifiers from "@checkpoint-permissions/core/Identifiers"
export * as Permission from "@checkpoint-permissions/core/Permission"
export * as PermissionsError from "@checkpoint-permissions/core/PermissionsError"
export * as CheckpointPermissions from "./CheckpointPermissions.ts"
export * as Metrics from "./Metrics.ts"
export * as Organization from "./Organization.ts"
export * as Pacing from "./Pacing.ts"
export * as ProjectModels from "./ProjectModels.ts"
export * as RetryPolicy from "./RetryPolicy.ts"
