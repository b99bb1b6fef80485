import type { ServerBehavior } from "../../behavior.ts"
import type { Reply, ServerRequest } from "../../http.ts"
import type { Job } from "../../seed.ts"
import * as Envelope from "../api/envelope.ts"
import { json } from "../api/reply.ts"
import { isReply, page, queryOf, slice } from "./query.ts"
import type { OrganizationState } from "./state.ts"

const checkpointsOf = (job: Job) =>
  (job.checkpoints ?? []).map((given, i) => {
    const one = typeof given === "string" ? { fine_tuned_model_checkpoint: given } : given
    return {
      id: one.id ?? `ftckpt_${job.id.replace(/^ftjob-/, "")}_${i + 1}`,
      object: "fine_tuning.job.checkpoint",
      created_at: one.created_at ?? job.created_at ?? 0,
      fine_tuned_model_checkpoint: one.fine_tuned_model_checkpoint,
      step_number: one.step_number ?? (i + 1) * 100,
      metrics: {},
      fine_tuning_job_id: job.id
    }
  })

/** The jobs with all that was left out, oldest first. */
export const jobsOf = (state: OrganizationState, behavior: ServerBehavior) =>
  (state.given.jobs ?? []).map((job) => ({
    id: job.id,
    project: job.project ?? behavior.defaultProject,
    fine_tuned_model: job.fine_tuned_model,
    checkpoints: checkpointsOf(job),
    metadata: job.metadata ?? {},
    wire: {
      id: job.id,
      object: "fine_tuning.job",
      created_at: job.created_at ?? 0,
      error: null,
      fine_tuned_model: job.fine_tuned_model,
      finished_at: job.finished_at ?? (job.fine_tuned_model === null ? null : (job.created_at ?? 0)),
      hyperparameters: { n_epochs: 1 },
      model: job.model ?? job.fine_tuned_model?.split(":")[1] ?? "gpt-4o-mini-2024-07-18",
      organization_id: "org-fake",
      result_files: [],
      status: job.status ?? (job.fine_tuned_model === null ? "running" : "succeeded"),
      trained_tokens: null,
      training_file: "file-fake",
      validation_file: null,
      seed: 0,
      metadata: job.metadata ?? null
    }
  }))

const metadataName = /^metadata(?:\[(.+)\])?$/

/** The jobs that a project sees, newest first; all without a project. */
export const listJobs = (
  state: OrganizationState,
  behavior: ServerBehavior,
  request: ServerRequest,
  project: string | undefined
): Reply => {
  const query = queryOf(request, (name) => ["after", "limit"].includes(name) || metadataName.test(name))
  if (isReply(query)) return query
  const wanted = jobsOf(state, behavior).filter(
    (job) =>
      (project === undefined || job.project === project) &&
      [...query].every(([name, [value]]) => {
        const match = metadataName.exec(name)
        if (match === null) return true
        const [, key] = match
        return key === undefined ? Object.keys(job.metadata).length === 0 : job.metadata[key] === value
      })
  )
  const found = slice(wanted.map(({ wire }) => wire).reverse(), query, 20)
  return isReply(found) ? found : json(200, { object: "list", data: found.data, has_more: found.hasMore })
}

/** The checkpoints of a job, newest first. */
export const listJobCheckpoints = (
  state: OrganizationState,
  behavior: ServerBehavior,
  request: ServerRequest,
  project: string | undefined,
  jobId: string
): Reply => {
  const query = queryOf(request, (name) => ["after", "limit"].includes(name))
  if (isReply(query)) return query
  const job = jobsOf(state, behavior).find(({ id }) => id === jobId)
  if (job === undefined || (project !== undefined && job.project !== project)) {
    return Envelope.failure(404, `Could not find fine tune: ${jobId}`, {
      param: "fine_tune_id",
      code: "fine_tune_not_found"
    })
  }
  const found = slice(job.checkpoints.toReversed(), query, 10)
  return isReply(found) ? found : page(found)
}
