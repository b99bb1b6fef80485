/** Everything that needs the packages of the cluster. */
import { JobId } from "@checkpoint-permissions/cluster/Job"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

export { applyInStore } from "./apply.ts"
export { auditInStore } from "./audit.ts"
export { tell } from "./follow.ts"
export { withJobs } from "./open.ts"
export { work } from "./worker.ts"

const decodeId = Schema.decodeOption(Schema.compose(Schema.NumberFromString, JobId, { strict: false }))

export const jobIdOf = (text: string): JobId | undefined =>
  /^[1-9]\d{0,14}$/.test(text) ? Option.getOrUndefined(decodeId(text)) : undefined
