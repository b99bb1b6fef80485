import { isCheckpointId, isProjectId } from "@checkpoint-permissions/core/Identifiers"
import { InvalidInputError } from "@checkpoint-permissions/core/PermissionsError"
import { refuseCheckpoint, refuseProject } from "@checkpoint-permissions/protocol/identifiers"
import * as Effect from "effect/Effect"
import { formatValue } from "../text.ts"
import type { AuditOptions } from "./options.ts"

const refuseConcurrency = (concurrency: number): string | undefined =>
  Number.isSafeInteger(concurrency) && concurrency > 0
    ? undefined
    : `${formatValue(concurrency)}: pass a positive whole number, such as 8`

/** Checks the ids of an audit before any request is sent. Returns each checkpoint once, in the order given. */
export const checkInput = Effect.fnUntraced(function* (
  checkpoints: ReadonlyArray<string>,
  { concurrency = 8, owners = {}, project, projects }: AuditOptions
) {
  const refusals: ReadonlyArray<readonly [field: string, reason: string | undefined]> = [
    ["concurrency", refuseConcurrency(concurrency)],
    ...checkpoints.map((one, index) => [`checkpoints[${index}]`, refuseCheckpoint(one)] as const),
    ...(projects ?? []).map((one, index) => [`projects[${index}]`, refuseProject(one)] as const),
    ...Object.entries(owners).map(([one, owner]) => [`owners[${formatValue(one)}]`, refuseProject(owner)] as const),
    ["project", project === undefined ? undefined : refuseProject(project)]
  ]
  for (const [field, reason] of refusals) {
    if (reason !== undefined) return yield* new InvalidInputError({ operation: "list", field, reason })
  }
  return {
    concurrency,
    requested: [...new Set(checkpoints)].filter(isCheckpointId),
    project: project !== undefined && isProjectId(project) ? project : undefined,
    projects: [...new Set(projects?.filter(isProjectId))],
    owners: new Map(Object.entries(owners).flatMap(([one, owner]) => (isProjectId(owner) ? [[one, owner]] : [])))
  }
})
