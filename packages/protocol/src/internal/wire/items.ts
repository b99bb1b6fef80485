/** What replies hold. Fields that are not named here are kept. */
import { refusePermission, refuseProject } from "../../identifiers.ts"
import { isObject } from "../isObject.ts"
import * as S from "./shapes.ts"

/** Tells which strings are ids, so that what is read has the caller's brands. They must agree with `identifiers`. */
export interface Ids<PermissionId extends string, ProjectId extends string> {
  readonly isPermissionId: (id: string) => id is PermissionId
  readonly isProjectId: (id: string) => id is ProjectId
}

export type PermissionIds<P extends string> = Pick<Ids<P, string>, "isPermissionId">

export type ProjectIds<J extends string> = Pick<Ids<string, J>, "isProjectId">

export const permission = <P extends string, J extends string>({ isPermissionId, isProjectId }: Ids<P, J>) => {
  const fields = S.struct({
    object: S.exactly("checkpoint.permission"),
    id: S.id(isPermissionId, refusePermission),
    created_at: S.time,
    project_id: S.id(isProjectId, refuseProject)
  })
  /** The same at once, since a page has a hundred: half the time. */
  const isPermission = (value: unknown): boolean => {
    if (!isObject(value) || value["object"] !== "checkpoint.permission") return false
    const { created_at, id, project_id } = value
    return (
      typeof id === "string" &&
      isPermissionId(id) &&
      typeof project_id === "string" &&
      isProjectId(project_id) &&
      S.time(created_at)
    )
  }
  return (value: unknown, at?: S.At): value is S.TypeOf<typeof fields> => isPermission(value) || fields(value, at)
}

export const deleted = <P extends string>({ isPermissionId }: PermissionIds<P>) =>
  S.struct({
    object: S.exactly("checkpoint.permission"),
    id: S.id(isPermissionId, refusePermission),
    deleted: S.boolean
  })

export const project = <J extends string>({ isProjectId }: ProjectIds<J>) =>
  S.struct(
    { id: S.id(isProjectId, refuseProject), object: S.exactly("organization.project"), created_at: S.time },
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
    actor: S.struct({}, { type: S.text, session: S.struct({}, { user }), api_key: apiKey }),
    "checkpoint.permission.created": S.struct(
      {},
      { id: S.text, data: S.struct({}, { project_id: S.text, fine_tuned_model_checkpoint: S.text }) }
    ),
    "checkpoint.permission.deleted": S.struct({}, { id: S.text })
  }
)

export const model = S.struct(
  { id: S.text, object: S.exactly("model"), created: S.time, owned_by: S.text },
  { shutdown_date: S.text }
)

export const job = S.struct(
  { id: S.text, object: S.exactly("fine_tuning.job"), created_at: S.time, model: S.text, status: S.text },
  { fine_tuned_model: S.text, finished_at: S.time }
)

export const jobCheckpoint = S.struct({
  id: S.text,
  object: S.exactly("fine_tuning.job.checkpoint"),
  created_at: S.time,
  fine_tuned_model_checkpoint: S.text,
  step_number: S.integer,
  fine_tuning_job_id: S.text
})
