/** What is known of an organization, as schemas. */
import { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Schema from "effect/Schema"

const strict = { parseOptions: { onExcessProperty: "error" } } as const

/**
 * A project: its name, and since when it is archived.
 *
 * @category models
 */
export const InventoryProject = Schema.Struct({
  id: ProjectId,
  name: Schema.NullOr(Schema.String),
  archivedAt: Schema.NullOr(Schema.DateTimeUtc)
}).annotations({ identifier: "InventoryProject", ...strict })

/** @category models */
export interface InventoryProject extends Schema.Schema.Type<typeof InventoryProject> {}

/**
 * A grant that the log shows, and no end of it. Only reading the checkpoint says whether it stands.
 *
 * @category models
 */
export const LoggedGrant = Schema.Struct({
  permission: Schema.NullOr(Schema.String),
  project: Schema.NullOr(Schema.String),
  at: Schema.DateTimeUtc,
  /** The user, or else the key, where the log names one. */
  by: Schema.NullOr(Schema.String)
}).annotations({ identifier: "LoggedGrant", ...strict })

/** @category models */
export interface LoggedGrant extends Schema.Schema.Type<typeof LoggedGrant> {}

/**
 * A checkpoint, and how it is known: from an event of the log, a job, or a project's list of models.
 *
 * @category models
 */
export const InventoryCheckpoint = Schema.Struct({
  checkpoint: CheckpointId,
  knownBy: Schema.Array(Schema.Literal("log", "job", "model")),
  /** When what is said of it was read. */
  readAt: Schema.DateTimeUtc,
  baseModel: Schema.NullOr(Schema.String),
  job: Schema.NullOr(Schema.String),
  step: Schema.NullOr(Schema.Int),
  createdAt: Schema.NullOr(Schema.DateTimeUtc),
  /**
   * The day, as `YYYY-MM-DD`: the earlier of its own and of its base model. Its own is not known where it is known by
   * neither a job nor a model.
   */
  retires: Schema.NullOr(Schema.String),
  /** The project that owns it, and has access without a permission. Null where nobody knows. */
  owner: Schema.NullOr(ProjectId),
  /** How the owner is known: from the jobs that its key lists, a refused grant, or a policy. */
  ownerBy: Schema.NullOr(Schema.Literal("job", "refusal", "policy")),
  granted: Schema.Array(LoggedGrant),
  /** A job names it, and its project no longer lists it. */
  perhapsDeleted: Schema.Boolean
}).annotations({ identifier: "InventoryCheckpoint", ...strict })

/** @category models */
export interface InventoryCheckpoint extends Schema.Schema.Type<typeof InventoryCheckpoint> {}

const part = { readAt: Schema.DateTimeUtc, failed: Schema.NullOr(Schema.String) }

/**
 * Projects and checkpoints of an organization, each part with the time when it was read. What could not be read says
 * why in `failed`.
 *
 * @category models
 */
export const Inventory = Schema.Struct({
  format: Schema.Literal("checkpoint-permissions/inventory"),
  version: Schema.Literal(1),
  createdAt: Schema.DateTimeUtc,
  apiUrl: Schema.String,
  organization: Schema.optionalWith(Schema.String, { exact: true }),
  /** Of the fields above and below. */
  digest: Schema.String,
  projects: Schema.Struct({ readAt: Schema.DateTimeUtc, list: Schema.Array(InventoryProject) }).annotations(strict),
  /** The projects whose jobs and models were asked for with a key of theirs. */
  keys: Schema.Array(Schema.Struct({ project: ProjectId, ...part }).annotations(strict)),
  /** The audit log. `oldest` is its oldest event of a permission: what was before it, it does not show. */
  log: Schema.Struct({ oldest: Schema.NullOr(Schema.DateTimeUtc), ...part }).annotations(strict),
  checkpoints: Schema.Array(InventoryCheckpoint)
}).annotations({ identifier: "Inventory", ...strict })

/** @category models */
export interface Inventory extends Schema.Schema.Type<typeof Inventory> {}
