/** What is to be done at one checkpoint, as a row of the store holds it. */
import { AccessPlan, type CheckpointPlan } from "@checkpoint-permissions/access/AccessPlan"
import { type Resolved, resolve } from "@checkpoint-permissions/access/AccessPolicy"
import { type CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Target } from "../Job.ts"
import { digestOf } from "./rules/target.ts"

export const Task = Schema.Union(
  /** The part of a plan that is about this checkpoint, with the permissions that may be deleted. */
  Schema.TaggedStruct("Apply", { plan: AccessPlan }),
  /** Which permissions that deletes is known once the checkpoint is read. */
  Schema.TaggedStruct("Revoke", { projects: Schema.Array(ProjectId) }),
  Schema.TaggedStruct("Audit", {})
)

export type Task = typeof Task.Type

const json = Schema.parseJson(Task)

export const encode = (task: Task): Effect.Effect<string> => Effect.orDie(Schema.encode(json)(task))

/** A row that holds something else is a defect: the store has the right version. */
export const decode = (text: string): Effect.Effect<Task> => Effect.orDie(Schema.decode(json)(text))

/** The most projects that one create is given. */
const projectsPerCreate = 100

const countsOf = ({ grants, impossible, revokes, unchanged }: CheckpointPlan): AccessPlan["counts"] => ({
  checkpoints: 1,
  grants: grants.length,
  revokes: revokes.length,
  unchanged: unchanged.length,
  impossible: impossible.length,
  unread: 0,
  creates: Math.ceil(grants.length / projectsPerCreate),
  deletes: revokes.length
})

const partOf = (plan: AccessPlan, part: CheckpointPlan, { mode, owner, projects }: Resolved): AccessPlan => ({
  ...plan,
  policy: {
    version: 1,
    checkpoints: { [part.checkpoint]: { ...(owner === undefined ? {} : { owner }), mode, projects } }
  },
  counts: countsOf(part),
  checkpoints: [part],
  unread: []
})

/** A plan as many plans of one checkpoint each, in its order. They keep the digest of the whole policy. */
export const partsOf = (plan: AccessPlan): Effect.Effect<ReadonlyArray<AccessPlan>> =>
  Effect.map(Effect.orDie(resolve(plan.policy)), (all) => {
    const wanted = new Map(all.map((resolved) => [resolved.checkpoint, resolved]))
    return plan.checkpoints.flatMap((part) => {
      const resolved = wanted.get(part.checkpoint)
      return resolved === undefined ? [] : [partOf(plan, part, resolved)]
    })
  })

/**
 * A plan that gives projects access to a checkpoint and leaves all others alone. It was made without a reading, so
 * whoever applies it reads first.
 */
export const planOfGrant = (
  target: Target,
  checkpoint: CheckpointId,
  projects: ReadonlyArray<ProjectId>,
  createdAt: DateTime.Utc
): AccessPlan => {
  const grants = [...new Set(projects)]
  const part: CheckpointPlan = {
    checkpoint,
    readAt: createdAt,
    found: [],
    grants,
    revokes: [],
    unchanged: [],
    impossible: []
  }
  return {
    format: "checkpoint-permissions/plan",
    version: 1,
    createdAt,
    ...target,
    policy: { version: 1, checkpoints: { [checkpoint]: { mode: "at-least", projects: grants } } },
    policyDigest: digestOf("grant", [checkpoint], grants),
    counts: countsOf(part),
    checkpoints: [part],
    unread: []
  }
}
