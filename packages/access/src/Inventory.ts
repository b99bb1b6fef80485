/**
 * The projects and checkpoints of an organization, with owners and retirement, and the source of each. Each part has
 * the time of its read, or the reason why it could not be read.
 */

import "./internal/installEffect3.ts"

export { Inventory } from "./internal/inventory/inventory.ts"
export { annotate, discover } from "./internal/inventory/read.ts"
export { sources, toJson, toLines, toTable } from "./internal/inventory/text.ts"
