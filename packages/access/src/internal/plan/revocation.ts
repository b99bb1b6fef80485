import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { Row } from "../audit/matrix.ts"
import { fromState } from "../policy/make.ts"
import { orInvalid } from "../policy/mistake.ts"
import type { State } from "../policy/model.ts"
import type { PlanOptions } from "./options.ts"
import { fromRows, readRows, remember } from "./plan.ts"

/** What was read of a checkpoint, without some projects. */
const stateWithout =
  (projects: ReadonlySet<string>) =>
  ({ checkpoint, owner, permissions }: Row): State => ({
    checkpoint,
    owner,
    projects: permissions.flatMap(({ project_id }) => (projects.has(project_id) ? [] : [project_id]))
  })

/** Reads the checkpoints, and plans to take access to them away from the projects. */
export const planRevoke = Effect.fnUntraced(function* (
  service: Service,
  checkpoints: ReadonlyArray<CheckpointId>,
  projects: ReadonlyArray<ProjectId>,
  options: PlanOptions
) {
  const createdAt = yield* DateTime.now
  const read = yield* Effect.scoped(readRows(service, checkpoints, options))
  const rows = [...read.rows.values()]
  const policy = yield* orInvalid(() =>
    fromState(rows.filter(({ complete }) => complete).map(stateWithout(new Set(projects))))
  )
  const plan = yield* fromRows(service, policy, createdAt, read.rows)
  return remember(plan, service, read)
})
