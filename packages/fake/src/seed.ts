/**
 * Permissions that there are at the start, or that appear as if they had been
 * granted before.
 *
 * @since 0.1.0
 */
import { refuseCheckpoint, refusePermission, refuseProject } from "@checkpoint-permissions/protocol/identifiers"
import * as Check from "./internal/checks.ts"

/**
 * A permission as the API returns it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Permission {
  readonly id: string
  /** Unix seconds. */
  readonly created_at: number
  readonly object: "checkpoint.permission"
  readonly project_id: string
}

/**
 * A permission to begin with: its project, and where it matters its id and its
 * `created_at`.
 *
 * @category models
 * @since 0.1.0
 */
export interface SeedPermission {
  readonly project_id: string
  /** The next of `cp_000000000000000000000001`, … by default. */
  readonly id?: string | undefined
  /** Unix seconds; now by default. */
  readonly created_at?: number | undefined
}

/**
 * Permissions by checkpoint, oldest first; a bare string is a project id.
 *
 * @category models
 * @since 0.1.0
 */
export type Seed = Readonly<Record<string, ReadonlyArray<string | SeedPermission>>>

const projectId = Check.id(refuseProject)

const permission = Check.struct("a project id, or an object with project_id", {
  required: { project_id: projectId },
  optional: { id: Check.id(refusePermission), created_at: Check.integer(0) }
})

const check = Check.record(
  "an object from checkpoint to a list of projects",
  Check.id(refuseCheckpoint),
  Check.list("project ids", (value, field) =>
    typeof value === "string" ? projectId(value, field) : permission(value, field)
  )
)

/**
 * Throws `InvalidSetting` if a value is not a seed. For seeds that come from a
 * file.
 *
 * @category validation
 * @since 0.1.0
 */
export function assertSeed(value: unknown, field = "seed"): asserts value is Seed {
  Check.assertValid(check, value, field)
}
