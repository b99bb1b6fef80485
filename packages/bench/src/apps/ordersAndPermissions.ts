/** The same application with this library in it: the difference is what the library adds. */
export { layerConfig as layer } from "@checkpoint-permissions/client/CheckpointPermissions"
export { done } from "./orders.ts"
