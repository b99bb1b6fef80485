/** The projects and checkpoints of an organization, as schemas. */
import { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Schema from "effect/Schema"
import { Actor } from "../history/model.ts"

/** A project with its name, and the time of its archiving. */
export const InventoryProject = Schema.Struct({
  id: ProjectId,
  name: Schema.NullOr(Schema.String),
  archivedAt: Schema.NullOr(Schema.DateTimeUtc)
}).annotations({ identifier: "InventoryProject" })

export interface InventoryProject extends Schema.Schema.Type<typeof InventoryProject> {}

/** A grant without a revoke in the log. Only a read of the checkpoint shows whether it still exists. */
export const LoggedGrant = Schema.Struct({
  permission: Schema.NullOr(Schema.String),
  project: Schema.NullOr(Schema.String),
  at: Schema.DateTimeUtc,
  by: Actor
}).annotations({ identifier: "LoggedGrant" })

/** A checkpoint, and the sources that name it. */
export const InventoryCheckpoint = Schema.Struct({
  checkpoint: CheckpointId,
  /** The sources that name it: the log, a job, a project's list of models, a policy, or a given list. */
  sources: Schema.Array(Schema.Literal("log", "job", "model", "policy", "list")),
  baseModel: Schema.NullOr(Schema.String),
  job: Schema.NullOr(Schema.String),
  /**
   * The retirement day, as `YYYY-MM-DD`: that of the checkpoint or of its base model, whichever is earlier. The former
   * is unknown if neither a job nor a model names the checkpoint.
   */
  retires: Schema.NullOr(Schema.String),
  /** The owner, which has access without a permission. */
  owner: Schema.NullOr(ProjectId),
  /** The source of the owner: the only project whose key lists its job, or a policy. */
  ownerSource: Schema.NullOr(Schema.Literal("job", "policy")),
  granted: Schema.Array(LoggedGrant)
}).annotations({ identifier: "InventoryCheckpoint" })

export interface InventoryCheckpoint extends Schema.Schema.Type<typeof InventoryCheckpoint> {}

const part = { readAt: Schema.DateTimeUtc, failure: Schema.NullOr(Schema.String) }

/**
 * Projects and checkpoints of an organization. Each part has the time of its read. If the read failed, `failure` has the
 * reason.
 *
 * @category models
 */
export const Inventory = Schema.Struct({
  format: Schema.Literal("checkpoint-permissions/inventory"),
  version: Schema.Literal(2),
  createdAt: Schema.DateTimeUtc,
  apiUrl: Schema.String,
  organization: Schema.optionalWith(Schema.String, { exact: true }),
  projects: Schema.Struct({ ...part, list: Schema.Array(InventoryProject) }),
  /** The projects whose jobs and models were requested with a key of the project. */
  keys: Schema.Array(Schema.Struct({ project: ProjectId, ...part })),
  /** The audit log. `oldest` is the time of its oldest permission event. Null if the log was left out. */
  log: Schema.NullOr(Schema.Struct({ oldest: Schema.NullOr(Schema.DateTimeUtc), ...part })),
  checkpoints: Schema.Array(InventoryCheckpoint)
}).annotations({ identifier: "Inventory" })

/** @category models */
export interface Inventory extends Schema.Schema.Type<typeof Inventory> {}
