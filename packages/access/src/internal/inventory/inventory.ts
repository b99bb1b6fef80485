/** The inventory of an organization: its schemas, and the function that combines lists, keys and the log. */
import type { Server } from "@checkpoint-permissions/client/CheckpointPermissions"
import { CheckpointId, isCheckpointId, isProjectId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { Project } from "@checkpoint-permissions/core/Organization"
import type { FineTuningJob, JobCheckpoint, Model } from "@checkpoint-permissions/core/ProjectModels"
import * as events from "@checkpoint-permissions/protocol/events"
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import { hasServerOwner } from "../audit/cells.ts"
import { OwnerSource } from "../audit/matrix.ts"
import { Actor, type Change } from "../history/changes.ts"
import type { Part } from "../history/read.ts"
import { serverFields, serverOf } from "../json.ts"
import type { ResolvedEntry } from "../policy/entry.ts"

/** A project with its name, and the time of its archiving. */
export const InventoryProject = Schema.Struct({
  id: ProjectId,
  name: Schema.NullOr(Schema.String),
  archivedAt: Schema.NullOr(Schema.DateTimeUtc)
}).annotations({ identifier: "InventoryProject" })

export interface InventoryProject extends Schema.Schema.Type<typeof InventoryProject> {}

/** A grant without a revoke in the log. Only a read of the checkpoint shows whether it still exists. */
const LoggedGrant = Schema.Struct({
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
  /** The source of the owner: the only project whose key lists its job, a refusal, or a policy. Null without an owner. */
  ownerSource: Schema.NullOr(OwnerSource),
  granted: Schema.Array(LoggedGrant)
}).annotations({ identifier: "InventoryCheckpoint" })

export interface InventoryCheckpoint extends Schema.Schema.Type<typeof InventoryCheckpoint> {}

const part = { readAt: Schema.DateTimeUtc, failure: Schema.NullOr(Schema.String) }

/**
 * Projects and checkpoints of an organization. Each part has the time of its read. If the read failed, `failure` has the
 * reason.
 */
export const Inventory = Schema.Struct({
  format: Schema.Literal("checkpoint-permissions/inventory"),
  version: Schema.Literal(2),
  createdAt: Schema.DateTimeUtc,
  ...serverFields,
  projects: Schema.Struct({ ...part, list: Schema.Array(InventoryProject) }),
  /** The projects whose jobs and models were requested with a key of the project. */
  keys: Schema.Array(Schema.Struct({ project: ProjectId, ...part })),
  /** The audit log. `oldest` is the time of its oldest permission event. Null if the log was left out. */
  log: Schema.NullOr(
    Schema.Struct({
      oldest: Schema.NullOr(Schema.DateTimeUtc),
      /** Grants that no checkpoint below has: those without a checkpoint, and those with a later revoke. */
      others: Schema.Array(LoggedGrant),
      ...part
    })
  ),
  checkpoints: Schema.Array(InventoryCheckpoint)
}).annotations({ identifier: "Inventory" })

export interface Inventory extends Schema.Schema.Type<typeof Inventory> {}

interface KeyListing {
  readonly models: ReadonlyArray<Model>
  readonly jobs: ReadonlyArray<{ readonly job: FineTuningJob; readonly checkpoints: ReadonlyArray<JobCheckpoint> }>
}

/** A checkpoint of a list or an earlier document. An owner without a source counts as one of a policy. */
export interface ListedCheckpoint {
  readonly checkpoint: string
  readonly owner?: string | undefined
  readonly ownerSource?: OwnerSource | undefined
}

interface InventoryParts {
  readonly createdAt: DateTime.Utc
  readonly server: Server
  readonly projects: Part<ReadonlyArray<Project>>
  readonly keys: ReadonlyArray<Part<KeyListing> & { readonly project: ProjectId }>
  /** Undefined if the log was left out. */
  readonly log: Part<ReadonlyArray<Change>> | undefined
  readonly policy: ReadonlyArray<ResolvedEntry>
  /** Checkpoints of a given list, with the owners that it has from the server. */
  readonly listed?: ReadonlyArray<ListedCheckpoint> | undefined
}

const headOf = ({ failure, readAt }: Part<unknown>) => ({ readAt, failure: failure ?? null })

const fromSeconds = (seconds: number): DateTime.Utc => DateTime.unsafeMake(seconds * 1000)

const projectOf = ({ archived_at: at, id, name = null, status }: Project, readAt: DateTime.Utc): InventoryProject => {
  return { id, name, archivedAt: at == null ? (status === "archived" ? readAt : null) : fromSeconds(at) }
}

/** Returns the job of each checkpoint, and the projects whose keys list the job. */
const jobsOfCheckpoints = (keys: InventoryParts["keys"]) => {
  const found = new Map<string, { readonly job: FineTuningJob; readonly projects: Set<ProjectId> }>()
  for (const { project, value } of keys) {
    for (const { checkpoints, job } of value?.jobs ?? []) {
      const names = checkpoints.map(({ fine_tuned_model_checkpoint: name }) => name)
      for (const name of job.fine_tuned_model == null ? names : [job.fine_tuned_model, ...names]) {
        const projects = found.get(name)?.projects ?? new Set<ProjectId>()
        found.set(name, { job, projects: projects.add(project) })
      }
    }
  }
  return found
}

/** Returns the day of a date or time, as `YYYY-MM-DD`. */
const dayOf = (date: string | null | undefined): string | undefined => /^\d{4}-\d\d-\d\d/.exec(date ?? "")?.[0]

const isFineTuned = (model: string): boolean => /^ft[:-]/.test(model)

const baseOf = (checkpoint: string): string | null => /^ft:([^:]+):/.exec(checkpoint)?.[1] ?? null

export const make = ({ createdAt, keys, listed = [], log, policy, projects, server }: InventoryParts): Inventory => {
  const jobs = jobsOfCheckpoints(keys)
  const models = new Map(keys.flatMap(({ value }) => value?.models ?? []).map((model) => [model.id, model]))
  const changes = log?.value ?? []
  const granted = new Map<string | undefined, Array<InventoryCheckpoint["granted"][number]>>()
  const open = events.openGrants(changes)
  const grants = new Set(open.filter(({ checkpoint = "" }) => isCheckpointId(checkpoint)))
  const loggedOf = ({ at, by, permission, project }: Change) => ({
    permission: permission ?? null,
    project: project ?? null,
    at: fromSeconds(at),
    by
  })
  for (const change of open) {
    const { checkpoint, permission = null } = change
    const others = granted.get(checkpoint) ?? []
    granted.set(checkpoint, others)
    // a repeated grant is no other permission
    if (permission !== null && others.some((one) => one.permission === permission)) continue
    others.push(loggedOf(change))
  }
  // owners of the server come last, so they are the ones that count
  const owners = new Map(
    [...listed]
      .sort((one, other) => Number(hasServerOwner(one)) - Number(hasServerOwner(other)))
      .flatMap(({ checkpoint, owner, ownerSource }) =>
        owner !== undefined && isProjectId(owner) ? [[checkpoint, { owner, ownerSource }] as const] : []
      )
  )
  const managed = new Map<string, ResolvedEntry>(policy.map((one) => [one.checkpoint, one]))
  const sources: ReadonlyArray<readonly [InventoryCheckpoint["sources"][number], ReadonlySet<string>]> = [
    ["log", new Set(changes.flatMap(({ checkpoint }) => checkpoint ?? []))],
    ["job", new Set(jobs.keys())],
    ["model", new Set([...models.keys()].filter(isFineTuned))],
    ["policy", new Set(managed.keys())],
    ["list", new Set(listed.map(({ checkpoint }) => checkpoint))]
  ]

  const of = (checkpoint: InventoryCheckpoint["checkpoint"]): InventoryCheckpoint => {
    const ofJob = jobs.get(checkpoint)
    const baseModel = ofJob?.job.model ?? baseOf(checkpoint)
    const [byJob, ...others] = ofJob?.projects ?? []
    const ofOneJob = others.length === 0 ? byJob : undefined
    const stated = owners.get(checkpoint)
    const inPolicy = managed.get(checkpoint)?.owner
    const [owner, ownerSource] =
      ofOneJob !== undefined
        ? [ofOneJob, "job" as const]
        : stated !== undefined && hasServerOwner(stated)
          ? [stated.owner, stated.ownerSource]
          : [inPolicy ?? stated?.owner, "policy" as const]
    const ends = [models.get(checkpoint), models.get(baseModel ?? "")].flatMap((one) => dayOf(one?.shutdown_date) ?? [])
    return {
      checkpoint,
      sources: sources.flatMap(([source, names]) => (names.has(checkpoint) ? [source] : [])),
      baseModel,
      job: ofJob?.job.id ?? null,
      retires: ends.sort()[0] ?? null,
      owner: owner ?? null,
      ownerSource: owner === undefined ? null : (ownerSource ?? null),
      granted: granted.get(checkpoint) ?? []
    }
  }

  const [oldest] = changes
  return {
    format: "checkpoint-permissions/inventory",
    version: 2,
    createdAt,
    ...serverOf(server),
    projects: { ...headOf(projects), list: (projects.value ?? []).map((one) => projectOf(one, projects.readAt)) },
    keys: keys.map((part) => ({ project: part.project, ...headOf(part) })),
    log:
      log === undefined
        ? null
        : {
            ...headOf(log),
            oldest: oldest === undefined ? null : fromSeconds(oldest.at),
            others: changes.filter((one) => one.action === "grant" && !grants.has(one)).map(loggedOf)
          },
    checkpoints: [...new Set(sources.flatMap(([, names]) => [...names]))].filter(isCheckpointId).sort().map(of)
  }
}
