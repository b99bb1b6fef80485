/**
 * What goes over the wire: pages and deletions, read from parsed JSON by hand.
 * A reader names the first fault that it finds.
 *
 * @since 0.1.0
 */

/**
 * Access of one project to one checkpoint.
 *
 * @category models
 * @since 0.1.0
 */
export interface Permission<PermissionId extends string = string, ProjectId extends string = string> {
  readonly id: PermissionId
  /** Unix seconds. */
  readonly created_at: number
  readonly object: "checkpoint.permission"
  readonly project_id: ProjectId
}

/**
 * One page of a listing, and the reply to a create.
 *
 * @category models
 * @since 0.1.0
 */
export interface Page<PermissionId extends string = string, ProjectId extends string = string> {
  readonly object: "list"
  readonly data: ReadonlyArray<Permission<PermissionId, ProjectId>>
  readonly has_more: boolean
  readonly first_id?: string | null | undefined
  readonly last_id?: string | null | undefined
}

/**
 * The reply to a delete.
 *
 * @category models
 * @since 0.1.0
 */
export interface Deleted<PermissionId extends string = string> {
  readonly id: PermissionId
  readonly object: "checkpoint.permission"
  readonly deleted: boolean
}

/**
 * The query of a list.
 *
 * @category models
 * @since 0.1.0
 */
export interface ListParams {
  readonly project_id?: string | undefined
  readonly after?: string | undefined
  readonly limit?: number | undefined
  readonly order?: "ascending" | "descending" | undefined
}
