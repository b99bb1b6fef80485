/** What is to be done at one checkpoint. */
import { AccessPlan } from "@checkpoint-permissions/access/AccessPlan"
import { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Schema from "effect/Schema"

/** As a row of the store holds it. */
export const Task = Schema.parseJson(
  Schema.Union(
    /** The part of a plan that is about this checkpoint, with the permissions that may be deleted. */
    Schema.TaggedStruct("Apply", { plan: AccessPlan }),
    /** What these change is known once the checkpoint is read. */
    Schema.TaggedStruct("Grant", { projects: Schema.Array(ProjectId) }),
    Schema.TaggedStruct("Revoke", { projects: Schema.Array(ProjectId) }),
    Schema.TaggedStruct("Audit", {})
  )
)

export type Task = typeof Task.Type
