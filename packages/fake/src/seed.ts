/**
 * The initial data of a server: permissions, projects, models, fine-tuning jobs, model permissions, keys and events.
 */
import * as Check from "./internal/checks.ts"
import { type AdminKey, adminKey, type SeedEvent, seedEvent } from "./internal/organization/events.ts"
import { InvalidSetting } from "./invalidSetting.ts"

export type { Actor, AdminKey, KeyOwner, SeedEvent } from "./internal/organization/events.ts"

/** A permission as the API returns it. */
export interface Permission {
  readonly id: string
  /** Unix seconds. */
  readonly created_at: number
  readonly object: "checkpoint.permission"
  readonly project_id: string
}

/** An initial permission: its project and, if needed, its id and `created_at`. */
export interface SeedPermission {
  readonly project_id: string
  /** Default: the next of `cp_000000000000000000000001`, … */
  readonly id?: string | undefined
  /** Unix seconds. Default: now. */
  readonly created_at?: number | undefined
}

/** Permissions by checkpoint, oldest first; a bare string is a project id. */
export type Seed = Readonly<Record<string, ReadonlyArray<string | SeedPermission>>>

const permission = Check.struct("a project id, or an object with project_id", {
  required: { project_id: Check.projectId },
  optional: { id: Check.permissionId, created_at: Check.integer(0) }
})

/** A project of the organization. Times are in Unix seconds. */
export interface Project {
  readonly id: string
  /** Default: the id. */
  readonly name?: string | undefined
  readonly created_at?: number | undefined
  /** The time of archiving, in Unix seconds. If given, the project is archived. */
  readonly archived_at?: number | null | undefined
}

/** A model: a base model, which is visible to every project, or details of a fine-tuned one. */
export interface Model {
  readonly id: string
  /** Unix seconds. */
  readonly created?: number | undefined
  readonly owned_by?: string | undefined
  readonly shutdown_date?: string | null | undefined
}

/** A checkpoint of a fine-tuning job. */
export interface JobCheckpoint {
  /** The name that has permissions. */
  readonly fine_tuned_model_checkpoint: string
  /** Default: `ftckpt_…`, made from the job's id. */
  readonly id?: string | undefined
  readonly step_number?: number | undefined
  /** Unix seconds. Default: the time of the job. */
  readonly created_at?: number | undefined
}

/**
 * A fine-tuning job. Its project owns its models, and can neither be granted nor revoked for them. Times are in Unix
 * seconds.
 */
export interface Job {
  readonly id: string
  /** `null` if there is none yet. */
  readonly fine_tuned_model: string | null
  /** Default: the setting `defaultProject`. */
  readonly project?: string | undefined
  /** Oldest first. Default: only the model. */
  readonly checkpoints?: ReadonlyArray<string | JobCheckpoint> | undefined
  /** The base model. Default: derived from `fine_tuned_model`. */
  readonly model?: string | undefined
  /** Default: `succeeded`, or `running` without a model. */
  readonly status?: "validating_files" | "queued" | "running" | "succeeded" | "failed" | "cancelled" | undefined
  readonly created_at?: number | undefined
  /** Default: `created_at` if the job has ended. */
  readonly finished_at?: number | null | undefined
  /** The reason of a failure or cancellation. */
  readonly error?: { readonly code: string; readonly message: string; readonly param: string | null } | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
}

/** The models that a project may use (`allow_list`) or may not use (`deny_list`). */
export interface ModelPermissions {
  readonly mode: "allow_list" | "deny_list"
  readonly model_ids: ReadonlyArray<string>
}

/** The data of an organization besides permissions. */
export interface Organization {
  /** In the order of their listing. Default: every project in the other data. */
  readonly projects?: ReadonlyArray<string | Project> | undefined
  readonly models?: ReadonlyArray<string | Model> | undefined
  readonly jobs?: ReadonlyArray<Job> | undefined
  readonly modelPermissions?: Readonly<Record<string, ModelPermissions>> | undefined
  /** Admin keys. Keys of the setting `keys` that are missing here are listed too. */
  readonly adminKeys?: ReadonlyArray<AdminKey> | undefined
  /** The events of the audit log, in any order. */
  readonly events?: ReadonlyArray<SeedEvent> | undefined
}

/** Checks a string with `of`, an object with `fields`. */
const short =
  (of: Check.Check, fields: Check.Check): Check.Check =>
  (value, field) =>
    typeof value === "string" ? of(value, field) : fields(value, field)

/**
 * Checks a list in which each id is unique, since an id is the cursor of a listing. A text is an id unless `isId` is
 * false.
 */
const distinct =
  (what: string, of: Check.Check, isId = true): Check.Check =>
  (value, field) => {
    Check.list(what, of)(value, field)
    const items: ReadonlyArray<unknown> = Array.isArray(value) ? value : []
    const ids = items.map((one) => (Check.isRecord(one) ? one["id"] : isId ? one : undefined))
    const firsts = new Map(ids.map((id, i) => [id, i] as const).reverse())
    const at = ids.findIndex((id, i) => id !== undefined && firsts.get(id) !== i)
    if (at < 0) return
    throw new InvalidSetting(`${field}[${at}]`, `expected a unique id, got ${JSON.stringify(ids[at])} again`)
  }

const seedCheck = Check.record(
  "an object from checkpoint to a list of projects",
  Check.checkpointId,
  distinct("project ids", short(Check.projectId, permission), false)
)

/**
 * Throws `InvalidSetting` if a value is not a seed. Use it for seeds from a file.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { seed } from "@checkpoint-permissions/fake"
 *
 * seed.assertSeed({ "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd": ["proj_a", { project_id: "proj_b" }] })
 * assert.throws(() => seed.assertSeed({ "ft:a": ["sk-1"] }), { name: "InvalidSetting", field: 'seed["ft:a"][0]' })
 * ```
 *
 * @category validation
 */
export function assertSeed(value: unknown, field = "seed"): asserts value is Seed {
  seedCheck(value, field)
}

const project = Check.struct("an object with an id", {
  required: { id: Check.projectId },
  optional: { name: Check.text, created_at: Check.seconds, archived_at: Check.nullable(Check.seconds) }
})

const model = Check.struct("an object with an id", {
  required: { id: Check.filled },
  optional: { created: Check.seconds, owned_by: Check.text, shutdown_date: Check.nullable(Check.date) }
})

const jobCheckpoint = Check.struct("an object with fine_tuned_model_checkpoint", {
  required: { fine_tuned_model_checkpoint: Check.checkpointId },
  optional: { id: Check.filled, step_number: Check.integer(0), created_at: Check.seconds }
})

const job = Check.struct("an object with id and fine_tuned_model", {
  required: { id: Check.filled, fine_tuned_model: Check.nullable(Check.checkpointId) },
  optional: {
    project: Check.projectId,
    checkpoints: distinct("checkpoints", short(Check.checkpointId, jobCheckpoint)),
    model: Check.filled,
    status: Check.oneOf("validating_files", "queued", "running", "succeeded", "failed", "cancelled"),
    created_at: Check.seconds,
    finished_at: Check.nullable(Check.seconds),
    error: Check.struct("an object with code, message and param", {
      required: { code: Check.text, message: Check.text, param: Check.nullable(Check.text) }
    }),
    metadata: Check.record("an object of texts", Check.text, Check.text)
  }
})

const modelPermissions = Check.struct("an object with mode and model_ids", {
  required: { mode: Check.oneOf("allow_list", "deny_list"), model_ids: Check.list("models", Check.filled) }
})

const organizationCheck = Check.struct("an object with projects, models, jobs, modelPermissions, adminKeys or events", {
  optional: {
    projects: distinct("projects", short(Check.projectId, project)),
    models: distinct("models", short(Check.filled, model)),
    jobs: distinct("jobs", job),
    modelPermissions: Check.record("an object from project to model permissions", Check.projectId, modelPermissions),
    adminKeys: distinct("keys", adminKey),
    events: distinct("events", seedEvent)
  }
})

/**
 * Throws `InvalidSetting` if a value is not an organization. Use it for organizations from a file.
 *
 * @category validation
 */
export function assertOrganization(value: unknown, field = "organization"): asserts value is Organization {
  organizationCheck(value, field)
}
