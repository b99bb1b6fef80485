/** What is to be done at one checkpoint, as a row of the store holds it. */
import { AccessPlan } from "@checkpoint-permissions/access/AccessPlan"
import { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Schema from "effect/Schema"

/** By its name: written out, its type would name a module that cannot be imported. */
const plan: Schema.Schema<AccessPlan, typeof AccessPlan.Encoded> = AccessPlan

/** A worker plans a grant by a policy: what that cannot hold is a defect of who submits it. */
const Granted = ProjectId.pipe(
  Schema.filter((id) => (id.startsWith("@") ? `${id} is read as a group since it begins with @` : undefined))
)

export const Task = Schema.parseJson(
  Schema.Union(
    /** The part of a plan that is about this checkpoint, with the permissions that may be deleted. */
    Schema.TaggedStruct("Apply", { plan }),
    /** What these change is known once the checkpoint is read. */
    Schema.TaggedStruct("Grant", { projects: Schema.Array(Granted) }),
    Schema.TaggedStruct("Revoke", { projects: Schema.Array(ProjectId) }),
    Schema.TaggedStruct("Audit", {})
  )
)

export type Task = typeof Task.Type
