/** The options and the controls of a fake as types. */
import type { ServerBehavior } from "@checkpoint-permissions/fake/behavior"
import type { Entry, Fault, Plan } from "@checkpoint-permissions/fake/faults"
import type * as Host from "@checkpoint-permissions/fake/host"
import type * as Http from "@checkpoint-permissions/fake/http"
import type { Organization, Permission, Seed } from "@checkpoint-permissions/fake/seed"
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type { Settings } from "../../ServerBehavior.ts"

/**
 * What a fake begins with.
 *
 * @category models
 */
export interface Options extends Omit<Host.Options, "behavior"> {
  readonly behavior?: Settings | undefined
}

/**
 * A request as the server saw it, and what became of it. The key is nowhere in it in the clear. Times are milliseconds
 * of the `Clock`.
 *
 * @category models
 */
export interface RecordedRequest extends Omit<Http.RecordedRequest, "key"> {
  /** The key, from `Authorization: Bearer` or `api-key`. */
  readonly key: Redacted.Redacted | undefined
}

/**
 * Which requests an injected fault is for; all by default.
 *
 * @category models
 */
export interface InjectOptions extends Omit<Entry, "fault" | "nth"> {}

/**
 * The controls of a fake server.
 *
 * @category models
 */
export interface Service {
  readonly seed: (seed: Seed) => Effect.Effect<void>
  /**
   * Adds projects, models, jobs, model permissions, keys and events; one with an id that is there already takes its
   * place.
   */
  readonly seedOrganization: (organization: Organization) => Effect.Effect<void>
  readonly permissions: (checkpoint: string) => Effect.Effect<ReadonlyArray<Permission>>
  /** The project of each permission, oldest first: a project twice has two permissions. */
  readonly projects: (checkpoint: string) => Effect.Effect<ReadonlyArray<string>>
  /** The permissions of every checkpoint the server has heard of, oldest first. */
  readonly allPermissions: Effect.Effect<Readonly<Record<string, ReadonlyArray<Permission>>>>
  /** Takes a permission away behind the client's back, as somebody at the dashboard with this e-mail address. */
  readonly remove: (checkpoint: string, permissionId: string, by?: string) => Effect.Effect<void>
  /** Grants a project behind the client's back, as somebody at the dashboard with this e-mail address. */
  readonly grant: (checkpoint: string, projectId: string, by?: string) => Effect.Effect<void>
  /** The requests since the layer was built or `clearRequests`, in the order they came. */
  readonly requests: Effect.Effect<ReadonlyArray<RecordedRequest>>
  readonly clearRequests: Effect.Effect<void>
  /** Waits until `requests` holds so many, answered or not. */
  readonly awaitRequests: (count: number) => Effect.Effect<void>
  /** The next request, or the next that match, meet these faults one after the other, before those of the plan. */
  readonly inject: (faults: Fault | ReadonlyArray<Fault>, options?: InjectOptions) => Effect.Effect<void>
  /** Another plan from here on; forgets what was injected. */
  readonly setFaults: (plan: Plan) => Effect.Effect<void>
  /** How the server behaves now, with times in milliseconds. */
  readonly behavior: Effect.Effect<ServerBehavior>
  /** Changes settings from here on. Another rate keeps what calls are saved up. */
  readonly setBehavior: (settings: Settings) => Effect.Effect<void>
}
