/**
 * What there is in an organization, and how it is known: projects, checkpoints, their owners and base models,
 * each part with its time. What could not be known is said.
 *
 * @since 0.1.0
 */
export { annotate, namesOf } from "./internal/inventory/annotate.ts"
export { type DiscoverOptions, discover } from "./internal/inventory/discover.ts"
export { fromJson, InvalidInventory, toJson } from "./internal/inventory/file.ts"
export { make, projectOf } from "./internal/inventory/make.ts"
export { Inventory, InventoryCheckpoint, InventoryProject, LoggedGrant } from "./internal/inventory/model.ts"
export { checkProjects, doubtfulProjects, outsideOf } from "./internal/inventory/policy.ts"
export { toTable, undated } from "./internal/inventory/render.ts"
export { strangers } from "./internal/inventory/strangers.ts"
