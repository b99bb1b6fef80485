/** Readers of pages and deletions from parsed JSON. A reader returns the first fault that it finds. */
import { refusePermission, refuseProject } from "./identifiers.ts"
import * as S from "./internal/wire.ts"

export type {
  AdminKey,
  AuditEvent,
  FineTuningJob,
  JobCheckpoint,
  Model,
  ModelPermissions,
  Project
} from "./internal/lists.ts"
export type { Ids, ItemPage, List, Read } from "./internal/wire.ts"

/** The query of a listing. The comment at the beginning of `operations` explains how to add a parameter. */
export interface ListParams {
  readonly project_id?: string | undefined
  /** The id of the last permission that was received. The listing continues after it. */
  readonly after?: string | undefined
  /** The page size. Default of the server: 10. */
  readonly limit?: number | undefined
  /** The order by age. Default: `"descending"`, the newest first. */
  readonly order?: "ascending" | "descending" | undefined
}

const permission = <P extends string, J extends string>({ isPermissionId, isProjectId }: S.Ids<P, J>) =>
  S.struct({
    object: S.oneOf("checkpoint.permission"),
    id: S.id(isPermissionId, refusePermission),
    created_at: S.time,
    project_id: S.id(isProjectId, refuseProject)
  })

const deleted = <P extends string>({ isPermissionId }: S.PermissionIds<P>) =>
  S.struct({
    object: S.oneOf("checkpoint.permission"),
    id: S.id(isPermissionId, refusePermission),
    deleted: S.boolean
  })

/** A permission: the access of one project to one checkpoint. `created_at` is in Unix seconds. */
export type Permission<P extends string = string, J extends string = string> = S.TypeOf<
  ReturnType<typeof permission<P, J>>
>

/** One page of a listing of permissions, and the reply to a create. */
export type Page<P extends string = string, J extends string = string> = S.List<Permission<P, J>>

/** The reply to a delete. */
export type Deleted<P extends string = string> = S.TypeOf<ReturnType<typeof deleted<P>>>

/** Makes a reader of pages of permissions. It returns a valid page as it is, with all its fields. */
export const readPage = <P extends string, J extends string>(
  ids: S.Ids<P, J>
): ((json: unknown) => S.Read<Page<P, J>>) => S.reader(S.list(permission(ids)))

/** Makes a reader of replies to deletes. */
export const readDeleted = <P extends string>(ids: S.PermissionIds<P>): ((json: unknown) => S.Read<Deleted<P>>) =>
  S.reader(deleted(ids))
