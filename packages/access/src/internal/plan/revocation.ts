import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { AccessPolicy } from "../policy/model.ts"
import type { PlanOptions } from "./options.ts"
import { fromRows, readRows, remember } from "./plan.ts"

/** Asks nothing of a checkpoint. */
const anything = { mode: "at-least", projects: [] } as const

/** Reads the checkpoints, and plans to take access to them away from the projects. */
export const planRevoke = Effect.fnUntraced(function* (
  service: Service,
  checkpoints: ReadonlyArray<CheckpointId>,
  projects: ReadonlyArray<ProjectId>,
  options: PlanOptions
) {
  const createdAt = yield* DateTime.now
  const read = yield* Effect.scoped(readRows(service, checkpoints, options))
  const policy: AccessPolicy = {
    version: 1,
    checkpoints: Object.fromEntries(checkpoints.map((checkpoint) => [checkpoint, anything]))
  }
  return remember(yield* fromRows(service, policy, createdAt, read.rows, projects), service, read)
})
