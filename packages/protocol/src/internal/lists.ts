/**
 * The shapes of the items of other listings. Additional fields are kept. This is a separate module, so that a bundle
 * that only lists permissions does not contain it.
 */
import { refuseProject } from "../identifiers.ts"
import * as S from "./wire.ts"

export const project = <J extends string>({ isProjectId }: S.ProjectIds<J>) =>
  S.struct(
    { id: S.id(isProjectId, refuseProject), object: S.oneOf("organization.project"), created_at: S.time },
    { name: S.text, archived_at: S.time, status: S.text }
  )

export const adminKey = S.struct(
  { id: S.text },
  {
    name: S.text,
    created_at: S.time,
    expires_at: S.time,
    owner: S.struct({}, { type: S.text, id: S.text, name: S.text })
  }
)

const user = S.struct({}, { id: S.text, email: S.text })

const apiKey = S.struct({}, { id: S.text, type: S.text, user, service_account: S.struct({}, { id: S.text }) })

export const auditEvent = S.struct(
  { id: S.text, type: S.text, effective_at: S.time },
  {
    actor: S.struct({}, { type: S.text, session: S.struct({}, { user, user_agent: S.text }), api_key: apiKey }),
    "checkpoint.permission.created": S.struct(
      {},
      { id: S.text, data: S.struct({}, { project_id: S.text, fine_tuned_model_checkpoint: S.text }) }
    ),
    "checkpoint.permission.deleted": S.struct({}, { id: S.text })
  }
)

export const modelPermissions = S.struct({
  object: S.oneOf("project.model_permissions"),
  mode: S.oneOf("allow_list", "deny_list"),
  model_ids: S.array(S.text)
})

const model = S.struct(
  { id: S.text, object: S.oneOf("model"), created: S.time, owned_by: S.text },
  { shutdown_date: S.text }
)

/** A page of models, which is the only one: it has no `has_more`. */
export const models = S.struct({ object: S.oneOf("list"), data: S.array(model) })

export const job = S.struct(
  { id: S.text, object: S.oneOf("fine_tuning.job"), created_at: S.time, model: S.text, status: S.text },
  { fine_tuned_model: S.text, finished_at: S.time }
)

export const jobCheckpoint = S.struct({
  id: S.text,
  object: S.oneOf("fine_tuning.job.checkpoint"),
  created_at: S.time,
  fine_tuned_model_checkpoint: S.text,
  step_number: S.integer,
  fine_tuning_job_id: S.text
})

/** A project of the organization. */
export type Project<ProjectId extends string = string> = S.TypeOf<ReturnType<typeof project<ProjectId>>>

/** An admin key, without the key itself. */
export type AdminKey = S.TypeOf<typeof adminKey>

/**
 * An event of the audit log. Actor, data and ids may be missing. IP addresses and locations of sessions have no field
 * here, so that they are never printed.
 */
export type AuditEvent = S.TypeOf<typeof auditEvent>

/** The models that a project may use (`allow_list`) or may not use (`deny_list`). */
export interface ModelPermissions {
  readonly mode: "allow_list" | "deny_list"
  readonly models: ReadonlyArray<string>
}

/** A model that a project can use. */
export type Model = S.TypeOf<typeof model>

/** A fine-tuning job. It does not contain its project. */
export type FineTuningJob = S.TypeOf<typeof job>

/** A checkpoint of a job. */
export type JobCheckpoint = S.TypeOf<typeof jobCheckpoint>
