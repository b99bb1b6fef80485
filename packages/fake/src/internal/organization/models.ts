import type { ServerBehavior } from "../../behavior.ts"
import type { Reply } from "../../http.ts"
import type { Job, JobCheckpoint } from "../../seed.ts"
import type { Call, Input } from "../api/call.ts"
import { objectOf, page, slice } from "../api/paging.ts"
import { json, Refusal } from "../api/reply.ts"
import { errors, others } from "../errors.ts"
import * as Store from "../store.ts"
import { modelsOf, type OrganizationState, ownerOf } from "./state.ts"

/** Returns the checkpoints of a job. Default: only the model. */
const given = ({ checkpoints, fine_tuned_model: model }: Job): ReadonlyArray<JobCheckpoint> =>
  (checkpoints ?? (model === null ? [] : [model])).map((one) =>
    typeof one === "string" ? { fine_tuned_model_checkpoint: one } : one
  )

const checkpointsOf = (job: Job, since: number) =>
  given(job).map((one, i) => ({
    id: one.id ?? `ftckpt_${job.id.replace(/^ftjob-/, "")}_${i + 1}`,
    object: "fine_tuning.job.checkpoint",
    created_at: one.created_at ?? job.created_at ?? since,
    fine_tuned_model_checkpoint: one.fine_tuned_model_checkpoint,
    step_number: one.step_number ?? (i + 1) * 100,
    metrics: {},
    fine_tuning_job_id: job.id
  }))

const statusOf = ({ fine_tuned_model: model, status }: Job) => status ?? (model === null ? "running" : "succeeded")

const hasEnded = (job: Job): boolean => ["succeeded", "failed", "cancelled"].includes(statusOf(job))

const errorsOfStatus: Readonly<Record<string, Job["error"]>> = {
  failed: others.job_failed,
  cancelled: others.job_cancelled
}

/** Returns the jobs with all defaults, oldest first. */
const jobsOf = (state: OrganizationState, behavior: ServerBehavior) =>
  state.jobs.map((job) => ({
    id: job.id,
    project: job.project ?? behavior.defaultProject,
    fine_tuned_model: job.fine_tuned_model,
    checkpoints: checkpointsOf(job, state.since),
    wire: {
      id: job.id,
      object: "fine_tuning.job",
      created_at: job.created_at ?? state.since,
      error: job.error ?? errorsOfStatus[statusOf(job)] ?? null,
      fine_tuned_model: job.fine_tuned_model,
      finished_at: job.finished_at ?? (hasEnded(job) ? (job.created_at ?? state.since) : null),
      hyperparameters: { n_epochs: 1 },
      model: job.model ?? job.fine_tuned_model?.split(":")[1] ?? "gpt-4o-mini-2024-07-18",
      organization_id: "org-fake",
      result_files: [],
      status: statusOf(job),
      trained_tokens: null,
      training_file: "file-fake",
      validation_file: null,
      seed: 0,
      metadata: job.metadata ?? null
    }
  }))

const metadataName = /^metadata(?:\[(.+)\])?$/s

/** Returns the jobs of a project, oldest first. Returns all jobs if the key has no project. */
const seenBy = ({ identity: { project }, state: { behavior, organization } }: Call) =>
  jobsOf(organization, behavior).filter((job) => project === undefined || job.project === project)

/** Lists the jobs of a project, newest first. */
export const listJobs = (call: Call): Reply => {
  const { query, state } = call
  const [bare] = query.get("metadata") ?? []
  if (bare !== undefined && bare !== "null") throw new Refusal(errors["invalid_value/metadata"](bare))
  const wanted = ({ metadata }: { readonly metadata: Readonly<Record<string, string>> | null }): boolean =>
    [...query].every(([name, [value]]) => {
      const match = metadataName.exec(name)
      if (match === null) return true
      const [, key] = match
      return key === undefined ? Object.keys(metadata ?? {}).length === 0 : metadata?.[key] === value
    })
  const all = seenBy(call).map(({ wire }) => wire)
  const { behavior } = state
  const limits = { byDefault: 20, max: behavior.maxLimit }
  const { data, hasMore } = slice({ all: all.reverse(), wanted, ...limits }, query, behavior)
  return json(200, { ...objectOf(behavior), data, has_more: hasMore })
}

/** Lists the checkpoints of a job, newest first. */
export const listJobCheckpoints = (call: Call): Reply => {
  const { params, query, state } = call
  const { behavior } = state
  const { job: jobId = "" } = params
  const job = seenBy(call).find(({ id }) => id === jobId)
  if (job === undefined && behavior.unknownJobs === "not-found") throw new Refusal(errors.fine_tune_not_found(jobId))
  const all = job?.checkpoints.toReversed() ?? []
  return page(slice({ all, byDefault: 10, max: behavior.maxLimit }, query, behavior), behavior)
}

const names = ({ behavior, organization, store }: Input): ReadonlySet<string> =>
  new Set([
    ...organization.jobs.flatMap(modelsOf),
    ...Object.keys(behavior.owners),
    ...behavior.checkpoints,
    ...store.checkpoints.keys()
  ])

/** Lists the models of a project. Lists all models if the key has no project. */
export const listModels = ({ identity: { project }, state }: Call): Reply => {
  const { behavior, organization, store } = state
  const fineTuned = names(state)
  const sees = (checkpoint: string): boolean =>
    project === undefined ||
    ownerOf(organization, behavior, checkpoint) === project ||
    Store.permissionsOf(store, checkpoint).some((permission) => permission.project_id === project)
  const details = new Map(organization.models.map((one) => [one.id, one]))
  const ids = [...[...details.keys()].filter((id) => !fineTuned.has(id)), ...[...fineTuned].filter(sees)]
  return json(200, {
    object: "list",
    data: ids.map((id) => ({
      id,
      object: "model",
      created: details.get(id)?.created ?? organization.since,
      owned_by: details.get(id)?.owned_by ?? (fineTuned.has(id) ? "org-fake" : "system"),
      shutdown_date: details.get(id)?.shutdown_date ?? null
    }))
  })
}
