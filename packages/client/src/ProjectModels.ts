/**
 * What the ordinary key of a project lists: models, fine-tuning jobs and their checkpoints, as Streams. A key sees its
 * own project alone.
 *
 * @since 0.1.0
 */
import { isProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { InvalidInputError } from "@checkpoint-permissions/core/PermissionsError"
import type { FineTuningJob, JobCheckpoint, Model } from "@checkpoint-permissions/core/ProjectModels"
import { lists as rows } from "@checkpoint-permissions/protocol/operations"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import * as lists from "./internal/lists.ts"
import type { ProjectOptions as Options } from "./internal/options.ts"
import { TypeId } from "./internal/pacing/pacing.ts"
import type { ListingError } from "./internal/service.ts"
import * as settings from "./internal/settings.ts"

export type { ListingError, Options }

/**
 * The lists of one project. Each ends only where the server says that nothing more comes. A key of another project than
 * the one that is named, or an admin key, is `AuthenticationError` or `MissingScopeError`, and its message says which
 * is needed.
 *
 * @category models
 */
export interface Service {
  /** The project that the requests name. */
  readonly projectId: string
  /**
   * The models that the project can use, in one request. Fine-tuned models are among them.
   *
   * @see https://platform.openai.com/docs/api-reference/models/list
   */
  readonly models: Stream.Stream<Model, ListingError>
  /**
   * The fine-tuning jobs of the project.
   *
   * @see https://platform.openai.com/docs/api-reference/fine-tuning/list
   */
  readonly jobs: Stream.Stream<FineTuningJob, ListingError>
  /**
   * The checkpoints of a job (`ftjob-…`).
   *
   * @see https://platform.openai.com/docs/api-reference/fine-tuning/list-checkpoints
   */
  readonly checkpoints: (job: string) => Stream.Stream<JobCheckpoint, ListingError>
}

/**
 * The service for one project. A program that looks at several makes one for each, with {@link make}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { ProjectModels } from "@checkpoint-permissions/client"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted, Stream } from "effect"
 *
 * const model = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
 * const jobs = await Effect.gen(function* () {
 *   const project = yield* ProjectModels.ProjectModels
 *   return yield* Stream.runCollect(project.jobs)
 * }).pipe(
 *   Effect.provide(ProjectModels.layer({ apiKey: Redacted.make("sk-proj-any"), projectId: "proj_a" })),
 *   Effect.provide(
 *     FakePermissions.layer({
 *       organization: { jobs: [{ id: "ftjob-1", fine_tuned_model: model, project: "proj_a" }] }
 *     })
 *   ),
 *   Effect.runPromise
 * )
 * assert.deepEqual(Array.from(jobs, (job) => job.fine_tuned_model), [model])
 * ```
 *
 * @category tags
 */
export class ProjectModels extends Context.Tag("@checkpoint-permissions/client/ProjectModels")<
  ProjectModels,
  Service
>() {}

const table = /* @__PURE__ */ rows({ isProjectId })

/**
 * Makes the service over the application's `HttpClient`. Fails with `InvalidInputError` when an option is refused, such
 * as an admin key.
 *
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<Service, InvalidInputError, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const checked = yield* settings.ofProject(options)
    const { make: paceOf } = checked.pacing[TypeId]
    const paces = yield* Effect.all({
      "list-models": paceOf("list-models"),
      "list-jobs": paceOf("list-jobs"),
      "list-job-checkpoints": paceOf("list-job-checkpoints")
    })
    const list = lists.others(yield* HttpClient.HttpClient, checked, "ProjectModels", paces)
    return {
      projectId: options.projectId,
      get models() {
        return list("list-models", () => table.listModels({}))
      },
      get jobs() {
        return list("list-jobs", (place) => table.listJobs({ place }))
      },
      checkpoints: (job) => list("list-job-checkpoints", (place) => table.listJobCheckpoints({ job, place }))
    }
  })

/**
 * The service as a layer. Fails with `InvalidInputError` when an option is refused.
 *
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<ProjectModels, InvalidInputError, HttpClient.HttpClient> =>
  Layer.effect(ProjectModels, make(options))
