/** The vocabulary of OpenAI's checkpoint permissions API: identifiers, schemas and typed errors. No I/O. */
import "./internal/installEffect3.ts"

export * as Identifiers from "./Identifiers.ts"
export * as Organization from "./Organization.ts"
export * as Permission from "./Permission.ts"
export * as PermissionsError from "./PermissionsError.ts"
export * as ProjectModels from "./ProjectModels.ts"
