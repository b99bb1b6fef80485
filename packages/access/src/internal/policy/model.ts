/** A policy as plain data. */
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"

/**
 * Access of a project that ends.
 *
 * @category models
 */
export interface Ending<Project extends string = ProjectId> {
  readonly project: Project
  /** The last day with access, in UTC, such as `2027-01-31`. */
  readonly until: string
  readonly reason?: string
}

/**
 * An end of access, as a policy is resolved.
 *
 * @category models
 */
export interface End extends Ending {
  /** It does not count, since the project is listed without an end too. */
  readonly kept?: true
}

/**
 * Who may use one checkpoint.
 *
 * @category models
 */
export interface CheckpointPolicy<Project extends string = ProjectId> {
  /** The project that owns the model: always has access, is never granted or revoked. */
  readonly owner?: Project
  /** `exact`, the default, revokes others; `at-least` revokes nothing. */
  readonly mode?: "exact" | "at-least"
  /** Project ids, groups as `@name`, and projects whose access ends. */
  readonly projects: ReadonlyArray<string | Ending<Project>>
}

/**
 * What is in a policy file.
 *
 * @category models
 */
export interface AccessPolicy<Project extends string = ProjectId> {
  readonly version: 1
  readonly names?: { readonly [project: string]: string }
  /** Projects under a name, used as `@name`. */
  readonly groups?: { readonly [group: string]: ReadonlyArray<Project> }
  readonly checkpoints: { readonly [checkpoint: string]: CheckpointPolicy<Project> }
}

/**
 * A policy as plain data, before its ids are checked.
 *
 * @category models
 */
export interface AccessPolicyEncoded extends AccessPolicy<string> {}

/**
 * A text of a policy, and the file it is from.
 *
 * @category models
 */
export interface Source {
  readonly text: string
  readonly file?: string | undefined
}

/**
 * Who has access to a checkpoint at present.
 *
 * @category models
 */
export interface State {
  readonly checkpoint: CheckpointId
  readonly owner?: ProjectId | undefined
  readonly projects: Iterable<ProjectId>
}

/**
 * What a policy says about a checkpoint, groups replaced by their projects.
 *
 * @category models
 */
export interface Resolved {
  readonly checkpoint: CheckpointId
  readonly owner: ProjectId | undefined
  readonly mode: "exact" | "at-least"
  /** Each once, in the order of the file; the owner too, if it is listed, and those whose access has ended. */
  readonly projects: ReadonlyArray<ProjectId>
  /** The ends of access, if there are any, in the order of the file. */
  readonly ends?: ReadonlyArray<End>
}
