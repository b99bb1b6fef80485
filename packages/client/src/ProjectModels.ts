/**
 * Listings of a project, which require an ordinary key: models, fine-tuning jobs and their checkpoints, as Streams. A
 * key lists only its own project.
 */
import "./internal/installEffect3.ts"
import type { InvalidInputError } from "@checkpoint-permissions/core/PermissionsError"
import type { FineTuningJob, JobCheckpoint, Model } from "@checkpoint-permissions/core/ProjectModels"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import * as lists from "./internal/lists.ts"
import { checkProjectOptions, type ProjectOptions as Options } from "./internal/options.ts"
import type { ListingError } from "./internal/service.ts"

export type { ListingError, Options }

/**
 * The listings of one project. Each ends only if the server says that nothing follows. With the key of another project,
 * or an admin key, they fail with `AuthenticationError` or `MissingScopeError`, whose message says which key is
 * required.
 */
export interface Service {
  /** The project in the header of the requests. */
  readonly projectId: string
  /**
   * The models that the project can use, fine-tuned ones included, in one request.
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
   * Lists the checkpoints of a job (`ftjob-…`).
   *
   * @see https://platform.openai.com/docs/api-reference/fine-tuning/list-checkpoints
   */
  readonly checkpoints: (job: string) => Stream.Stream<JobCheckpoint, ListingError>
  /** The client for other routes: `httpClient` of the service of `CheckpointPermissions`, with the project's key. */
  readonly httpClient: HttpClient.HttpClient
}

/**
 * The service for one project. For several projects, make one for each with {@link make}.
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

/**
 * Makes the service over the application's `HttpClient`. Fails with `InvalidInputError` if an option is refused, such
 * as an admin key.
 *
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<Service, InvalidInputError, HttpClient.HttpClient> =>
  Effect.zipWith(checkProjectOptions(options), HttpClient.HttpClient, (checked, client): Service => {
    const { httpClient, list } = lists.service(client, checked, "ProjectModels")
    return {
      projectId: options.projectId,
      models: list("list-models", () => lists.table["list-models"]({})),
      jobs: list("list-jobs", (place) => lists.table["list-jobs"]({ place })),
      checkpoints: (job) =>
        list("list-job-checkpoints", (place) => lists.table["list-job-checkpoints"]({ job, place })),
      httpClient
    }
  })

/**
 * The service as a layer. Fails with `InvalidInputError` if an option is refused.
 *
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<ProjectModels, InvalidInputError, HttpClient.HttpClient> =>
  Layer.effect(ProjectModels, make(options))
