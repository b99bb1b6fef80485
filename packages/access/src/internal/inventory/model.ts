/** The projects and checkpoints of an organization, as schemas. */
import { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Schema from "effect/Schema"
import { Actor } from "../history/actor.ts"

/** A project: its name, and since when it is archived. */
export const InventoryProject = Schema.Struct({
  id: ProjectId,
  name: Schema.NullOr(Schema.String),
  archivedAt: Schema.NullOr(Schema.DateTimeUtc)
}).annotations({ identifier: "InventoryProject" })

export interface InventoryProject extends Schema.Schema.Type<typeof InventoryProject> {}

/** A grant that has no end in the log. Only reading the checkpoint shows whether it is still there. */
export const LoggedGrant = Schema.Struct({
  permission: Schema.NullOr(Schema.String),
  project: Schema.NullOr(Schema.String),
  at: Schema.DateTimeUtc,
  by: Actor
}).annotations({ identifier: "LoggedGrant" })

/** A checkpoint, and the sources that name it. */
export const InventoryCheckpoint = Schema.Struct({
  checkpoint: CheckpointId,
  /** The log, a job, a project's list of models, a policy, or a list that was given. */
  knownBy: Schema.Array(Schema.Literal("log", "job", "model", "policy", "list")),
  baseModel: Schema.NullOr(Schema.String),
  job: Schema.NullOr(Schema.String),
  step: Schema.NullOr(Schema.Int),
  createdAt: Schema.NullOr(Schema.DateTimeUtc),
  /**
   * The day, as `YYYY-MM-DD`: the earlier of its own and of its base model. Its own is unknown if neither a job nor a
   * model names it.
   */
  retires: Schema.NullOr(Schema.String),
  /** The project that owns it, and has access without a permission. */
  owner: Schema.NullOr(ProjectId),
  /** The source of the owner: the one project whose key lists its job, or a policy. */
  ownerBy: Schema.NullOr(Schema.Literal("job", "policy")),
  granted: Schema.Array(LoggedGrant),
  /** True if a job names it, and its project no longer lists it. */
  perhapsDeleted: Schema.Boolean
}).annotations({ identifier: "InventoryCheckpoint" })

export interface InventoryCheckpoint extends Schema.Schema.Type<typeof InventoryCheckpoint> {}

const part = { readAt: Schema.DateTimeUtc, failed: Schema.NullOr(Schema.String) }

/**
 * Projects and checkpoints of an organization. Each part has the time when it was read, and in `failed` why it could not
 * be read.
 *
 * @category models
 */
export const Inventory = Schema.Struct({
  format: Schema.Literal("checkpoint-permissions/inventory"),
  version: Schema.Literal(1),
  createdAt: Schema.DateTimeUtc,
  apiUrl: Schema.String,
  organization: Schema.optionalWith(Schema.String, { exact: true }),
  projects: Schema.Struct({ ...part, list: Schema.Array(InventoryProject) }),
  /** The projects whose jobs and models were requested with a key of theirs. */
  keys: Schema.Array(Schema.Struct({ project: ProjectId, ...part })),
  /** The audit log. `oldest` is its oldest event of a permission. Null if it was not to be read. */
  log: Schema.NullOr(Schema.Struct({ oldest: Schema.NullOr(Schema.DateTimeUtc), ...part })),
  checkpoints: Schema.Array(InventoryCheckpoint)
}).annotations({ identifier: "Inventory" })

/** @category models */
export interface Inventory extends Schema.Schema.Type<typeof Inventory> {}
