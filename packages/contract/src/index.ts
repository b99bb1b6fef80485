/** The cases that both Effect lines run. */
export { access } from "./cases/access.ts"
export { input } from "./cases/input.ts"
export { pacing } from "./cases/pacing.ts"
export { paging } from "./cases/paging.ts"
export { replies } from "./cases/replies.ts"
export { retry } from "./cases/retry.ts"
export { differences, lineOf } from "./compare.ts"
export type { Call, Case, Expected, Observed, Outcome, SeenRequest, ServiceOptions } from "./model.ts"
