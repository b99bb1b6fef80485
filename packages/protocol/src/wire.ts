/** Pages and deletions, read from parsed JSON. A reader names the first fault that it finds. */
import { refusePermission, refuseProject } from "./identifiers.ts"
import * as S from "./internal/wire.ts"

export type { AdminKey, AuditEvent, FineTuningJob, JobCheckpoint, Model, Project } from "./internal/lists.ts"
export type { Ids, ItemPage, List, Read } from "./internal/wire.ts"

/** Access of one project to one checkpoint. */
export interface Permission<PermissionId extends string = string, ProjectId extends string = string> {
  readonly id: PermissionId
  /** Unix seconds. */
  readonly created_at: number
  readonly object: "checkpoint.permission"
  readonly project_id: ProjectId
}

/** One page of a listing of permissions, and the reply to a create. */
export type Page<P extends string = string, J extends string = string> = S.List<Permission<P, J>>

/** The reply to a delete. */
export interface Deleted<PermissionId extends string = string> {
  readonly id: PermissionId
  readonly object: "checkpoint.permission"
  readonly deleted: boolean
}

/** The query of a listing. The head of `operations` says where a new parameter goes. */
export interface ListParams {
  readonly project_id?: string | undefined
  /** Begin after this permission: the id of the last one already seen. */
  readonly after?: string | undefined
  readonly limit?: number | undefined
  /** By age. Default: `"descending"`, the newest first. */
  readonly order?: "ascending" | "descending" | undefined
}

/** Reads a page of permissions from parsed JSON. A good page is returned as it is, with every field that it has. */
export const readPage = <P extends string, J extends string>(
  ids: S.Ids<P, J>
): ((json: unknown) => S.Read<Page<P, J>>) =>
  S.reader(
    S.list(
      S.struct({
        object: S.exactly("checkpoint.permission"),
        id: S.id(ids.isPermissionId, refusePermission),
        created_at: S.time,
        project_id: S.id(ids.isProjectId, refuseProject)
      })
    )
  )

/** Reads the reply to a delete in the same way. */
export const readDeleted = <P extends string>({
  isPermissionId
}: S.PermissionIds<P>): ((json: unknown) => S.Read<Deleted<P>>) =>
  S.reader(
    S.struct({
      object: S.exactly("checkpoint.permission"),
      id: S.id(isPermissionId, refusePermission),
      deleted: S.boolean
    })
  )
