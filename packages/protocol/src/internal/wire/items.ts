/** What the lists next to those of permissions hold. Fields that are not named here are kept. */
import * as S from "./shapes.ts"

export const project = <J extends string>(isProjectId: (id: string) => id is J) =>
  S.struct({
    id: S.id("a project's id", isProjectId),
    object: S.exactly("organization.project"),
    created_at: S.time,
    name: S.nullable(S.text),
    archived_at: S.nullable(S.time),
    status: S.nullable(S.text)
  })

export const adminKey = S.struct({
  id: S.text,
  name: S.nullable(S.text),
  created_at: S.nullable(S.time),
  expires_at: S.nullable(S.time),
  owner: S.nullable(S.struct({ type: S.nullable(S.text), id: S.nullable(S.text), name: S.nullable(S.text) }))
})

const user = S.struct({ id: S.nullable(S.text), email: S.nullable(S.text) })

export const auditEvent = S.struct({
  id: S.text,
  type: S.text,
  effective_at: S.time,
  actor: S.nullable(
    S.struct({
      type: S.nullable(S.text),
      session: S.nullable(S.struct({ user: S.nullable(user) })),
      api_key: S.nullable(
        S.struct({
          id: S.nullable(S.text),
          type: S.nullable(S.text),
          user: S.nullable(user),
          service_account: S.nullable(S.struct({ id: S.nullable(S.text) }))
        })
      )
    })
  ),
  "checkpoint.permission.created": S.nullable(
    S.struct({
      id: S.nullable(S.text),
      data: S.nullable(S.struct({ project_id: S.nullable(S.text), fine_tuned_model_checkpoint: S.nullable(S.text) }))
    })
  ),
  "checkpoint.permission.deleted": S.nullable(S.struct({ id: S.nullable(S.text) }))
})

export const model = S.struct({
  id: S.text,
  object: S.exactly("model"),
  created: S.time,
  owned_by: S.text,
  shutdown_date: S.nullable(S.text)
})

export const job = S.struct({
  id: S.text,
  object: S.exactly("fine_tuning.job"),
  created_at: S.time,
  model: S.text,
  status: S.text,
  fine_tuned_model: S.nullable(S.text),
  finished_at: S.nullable(S.time)
})

export const jobCheckpoint = S.struct({
  id: S.text,
  object: S.exactly("fine_tuning.job.checkpoint"),
  created_at: S.time,
  fine_tuned_model_checkpoint: S.text,
  step_number: S.integer,
  fine_tuning_job_id: S.text
})
