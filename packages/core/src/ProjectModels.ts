/**
 * Models, fine-tuning jobs and their checkpoints, as listed with an ordinary key for its project. Field names are those
 * of the API.
 *
 * Decoding and encoding keep unknown fields of replies.
 */
import "./internal/installEffect3.ts"
import * as Schema from "effect/Schema"
import { keepUnknown, nullable, UnixSeconds } from "./internal/schemas.ts"

/**
 * A model that the project can use. Fine-tuned models are among them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { ProjectModels } from "@checkpoint-permissions/core"
 * import { Schema } from "effect"
 *
 * const model = Schema.decodeUnknownSync(ProjectModels.Model)({
 *   id: "gpt-4o-mini-2024-07-18",
 *   object: "model",
 *   created: 1721088000,
 *   owned_by: "system",
 *   shutdown_date: "2027-01-31"
 * })
 * assert.equal(model.shutdown_date, "2027-01-31")
 * ```
 *
 * @category replies
 * @see https://platform.openai.com/docs/api-reference/models/object
 */
export const Model = Schema.Struct({
  id: Schema.String,
  object: Schema.Literal("model"),
  /** Unix seconds. */
  created: UnixSeconds,
  /** The owner: an organization, never a project. */
  owned_by: Schema.String,
  /** The retirement date as `YYYY-MM-DD`, if it is known. */
  shutdown_date: nullable(Schema.String)
}).annotations({ identifier: "Model", ...keepUnknown })

/** @category replies */
export interface Model extends Schema.Schema.Type<typeof Model> {}

/**
 * A fine-tuning job. It does not contain its project.
 *
 * @category replies
 * @see https://platform.openai.com/docs/api-reference/fine-tuning/object
 */
export const FineTuningJob = Schema.Struct({
  id: Schema.String,
  object: Schema.Literal("fine_tuning.job"),
  /** Unix seconds. */
  created_at: UnixSeconds,
  /** The base model. */
  model: Schema.String,
  status: Schema.String,
  /** The name of the resulting model; null until it exists. */
  fine_tuned_model: nullable(Schema.String),
  /** Unix seconds; null while the job runs. */
  finished_at: nullable(UnixSeconds)
}).annotations({ identifier: "FineTuningJob", ...keepUnknown })

/** @category replies */
export interface FineTuningJob extends Schema.Schema.Type<typeof FineTuningJob> {}

/**
 * A checkpoint of a job. `fine_tuned_model_checkpoint` is the name that has permissions; `id` (`ftckpt_…`) has none.
 *
 * @category replies
 * @see https://platform.openai.com/docs/api-reference/fine-tuning/checkpoint-object
 */
export const JobCheckpoint = Schema.Struct({
  id: Schema.String,
  object: Schema.Literal("fine_tuning.job.checkpoint"),
  /** Unix seconds. */
  created_at: UnixSeconds,
  fine_tuned_model_checkpoint: Schema.String,
  step_number: Schema.Int,
  fine_tuning_job_id: Schema.String
}).annotations({ identifier: "JobCheckpoint", ...keepUnknown })

/** @category replies */
export interface JobCheckpoint extends Schema.Schema.Type<typeof JobCheckpoint> {}
