/**
 * The projects and checkpoints of an organization, with owners and retirement, and the source of each. Each part has
 * the time of its read, or the reason why it could not be read.
 *
 * @since 0.1.0
 */
export { annotate } from "./internal/inventory/annotate.ts"
export { discover } from "./internal/inventory/discover.ts"
export { Inventory } from "./internal/inventory/model.ts"
export { sources, toJson, toLines, toTable } from "./internal/inventory/render.ts"
