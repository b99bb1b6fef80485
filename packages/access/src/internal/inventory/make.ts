/** What lists and events say together of an organization. */
import type { Server } from "@checkpoint-permissions/client/CheckpointPermissions"
import { isCheckpointId, type ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { AuditEvent, Project } from "@checkpoint-permissions/core/Organization"
import type { FineTuningJob, JobCheckpoint, Model } from "@checkpoint-permissions/core/ProjectModels"
import * as events from "@checkpoint-permissions/protocol/events"
import * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import { withDigest } from "./file.ts"
import type { Inventory, InventoryCheckpoint, InventoryProject } from "./model.ts"

/** What was read at some time, or why it was not. */
export type Read<A> = { readonly readAt: DateTime.Utc } & (
  | { readonly value: A; readonly failed?: undefined }
  | { readonly value?: undefined; readonly failed: string }
)

/**
 * What an inventory is made of.
 *
 * @category models
 */
export interface Parts {
  readonly createdAt: DateTime.Utc
  readonly server: Server
  readonly projects: { readonly readAt: DateTime.Utc; readonly list: ReadonlyArray<Project> }
  readonly keys: ReadonlyArray<
    { readonly project: ProjectId } & Read<{
      readonly models: ReadonlyArray<Model>
      readonly jobs: ReadonlyArray<{ readonly job: FineTuningJob; readonly checkpoints: ReadonlyArray<JobCheckpoint> }>
    }>
  >
  readonly log: Read<ReadonlyArray<AuditEvent>>
  /** Owners that are known otherwise, by checkpoint. */
  readonly owners?: Readonly<Record<string, { readonly project: ProjectId; readonly by: "refusal" | "policy" }>>
}

/**
 * A project as it was listed at some time.
 *
 * @category constructors
 */
export const projectOf =
  (readAt: DateTime.Utc) =>
  ({ archived_at: archivedAt, id, name = null, status }: Project): InventoryProject => ({
    id,
    name,
    archivedAt: archivedAt == null ? (status === "archived" ? readAt : null) : fromSeconds(archivedAt)
  })

const fromSeconds = (seconds: number): DateTime.Utc => DateTime.unsafeMake(seconds * 1000)

/** What a job says of a checkpoint, and whose keys list it. */
interface OfJob {
  readonly job: FineTuningJob
  readonly step: number | null
  readonly madeAt: number
  readonly isFinal: boolean
  readonly readAt: DateTime.Utc
  readonly projects: Set<ProjectId>
}

const ofJobs = (keys: Parts["keys"]): ReadonlyMap<string, OfJob> => {
  const found = new Map<string, OfJob>()
  const add = (name: string, project: ProjectId, known: Omit<OfJob, "projects">) => {
    const projects = found.get(name)?.projects ?? new Set<ProjectId>()
    const step = known.step ?? found.get(name)?.step ?? null
    found.set(name, { ...found.get(name), ...known, step, projects: projects.add(project) })
  }
  for (const { project, readAt, value } of keys) {
    for (const { checkpoints, job } of value?.jobs ?? []) {
      const model = job.fine_tuned_model
      if (model != null) {
        add(model, project, { job, step: null, madeAt: job.finished_at ?? job.created_at, isFinal: true, readAt })
      }
      for (const { created_at: madeAt, fine_tuned_model_checkpoint: name, step_number: step } of checkpoints) {
        add(name, project, { job, step, madeAt, isFinal: name === model, readAt })
      }
    }
  }
  return found
}

/** A day as `YYYY-MM-DD`, of a date or a time. */
const dayOf = (date: string | null | undefined): string | undefined => /^\d{4}-\d\d-\d\d/.exec(date ?? "")?.[0]

const isFineTuned = (model: string): boolean => /^ft[:-]/.test(model)

const baseOf = (checkpoint: string): string | null => /^ft:([^:]+):/.exec(checkpoint)?.[1] ?? null

/**
 * What the parts say together, with a digest. Pure.
 *
 * @category constructors
 */
export const make = (parts: Parts): Effect.Effect<Inventory> => {
  const { createdAt, keys, log, owners = {}, projects, server } = parts
  const jobs = ofJobs(keys)
  const models = new Map(keys.flatMap(({ value }) => value?.models ?? []).map((model) => [model.id, model]))
  const listedAt = new Map(keys.flatMap(({ readAt, value }) => (value?.models ?? []).map(({ id }) => [id, readAt])))
  const changes = events.join(log.value ?? [])
  const granted = new Map<string | undefined, Array<InventoryCheckpoint["granted"][number]>>()
  for (const { at, by, checkpoint, permission = null, project = null } of events.openGrants(changes)) {
    const others = granted.get(checkpoint) ?? []
    granted.set(checkpoint, others)
    others.push({ permission, project, at: fromSeconds(at), by: by.user ?? by.key ?? null })
  }
  const logged = new Set(changes.flatMap(({ checkpoint }) => (checkpoint === undefined ? [] : [checkpoint])))
  const names = new Set([...jobs.keys(), ...[...models.keys()].filter(isFineTuned), ...logged])

  const of = (checkpoint: InventoryCheckpoint["checkpoint"]): InventoryCheckpoint => {
    const ofJob = jobs.get(checkpoint)
    const baseModel = ofJob?.job.model ?? baseOf(checkpoint)
    const [byJob, ...others] = ofJob?.projects ?? []
    const labelled = others.length === 0 ? byJob : undefined
    const elsewhere = Object.hasOwn(owners, checkpoint) ? owners[checkpoint] : undefined
    const ends = [models.get(checkpoint), models.get(baseModel ?? "")].flatMap((one) => dayOf(one?.shutdown_date) ?? [])
    const knownBy = [
      ...(logged.has(checkpoint) ? (["log"] as const) : []),
      ...(ofJob === undefined ? [] : (["job"] as const)),
      ...(models.has(checkpoint) ? (["model"] as const) : [])
    ]
    return {
      checkpoint,
      knownBy,
      readAt: ofJob?.readAt ?? listedAt.get(checkpoint) ?? log.readAt,
      baseModel,
      job: ofJob?.job.id ?? null,
      step: ofJob?.step ?? null,
      createdAt: ofJob === undefined ? null : fromSeconds(ofJob.madeAt),
      retires: ends.sort()[0] ?? null,
      owner: labelled ?? elsewhere?.project ?? null,
      ownerBy: labelled === undefined ? (elsewhere?.by ?? null) : "job",
      granted: granted.get(checkpoint) ?? [],
      perhapsDeleted: ofJob?.isFinal === true && !models.has(checkpoint)
    }
  }

  const oldest = changes[0]?.at
  return withDigest({
    format: "checkpoint-permissions/inventory",
    version: 1,
    createdAt,
    apiUrl: server.apiUrl,
    ...(server.organization === undefined ? {} : { organization: server.organization }),
    projects: {
      readAt: projects.readAt,
      list: projects.list.map(projectOf(projects.readAt))
    },
    keys: keys.map(({ failed = null, project, readAt }) => ({ project, readAt, failed })),
    log: {
      readAt: log.readAt,
      failed: log.failed ?? null,
      oldest: oldest === undefined ? null : fromSeconds(oldest)
    },
    checkpoints: [...names].filter(isCheckpointId).sort().map(of)
  })
}
