/** The options and the controls of a fake as types. */
import type { Permission } from "@checkpoint-permissions/core/Permission"
import type { Organization as FakeOrganization } from "@checkpoint-permissions/fake/seed"
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type { Fault, Operation, Plan } from "../Faults.ts"
import type { ServerBehavior, Settings } from "../ServerBehavior.ts"

/**
 * A permission to begin with: its project, and where it matters its id and its
 * `created_at` in Unix seconds.
 *
 * @category models
 * @since 0.1.0
 * @see {@link layer}
 */
export interface SeedPermission {
  readonly project_id: string
  /** The next of `cp_000000000000000000000001`, … by default. */
  readonly id?: string | undefined
  /** Unix seconds; now by default. */
  readonly created_at?: number | undefined
}

/**
 * Permissions by checkpoint, oldest first; a bare string is a project id.
 *
 * @category models
 * @since 0.1.0
 * @see {@link layer}
 */
export type Seed = Readonly<Record<string, ReadonlyArray<string | SeedPermission>>>

/**
 * Projects, models, fine-tuning jobs and model permissions, for the routes next
 * to checkpoint permissions. Times are in Unix seconds.
 *
 * @category models
 * @since 0.1.0
 * @see {@link layer}
 */
export interface Organization extends FakeOrganization {}

/**
 * A request as the server saw it, and what became of it. The key is nowhere in
 * it in the clear.
 *
 * @category models
 * @since 0.1.0
 * @see {@link FakePermissions}
 */
export interface RecordedRequest {
  readonly method: string
  /** As the client wrote it: whole, or from the path on, as it came over the wire. */
  readonly url: string
  /** The path, percent-encoded, dot segments resolved. */
  readonly path: string
  /** The query, decoded. A parameter that was given several times has a list of its values, in order. */
  readonly query: Readonly<Record<string, string | ReadonlyArray<string>>>
  /** The headers, names in lower case, secrets replaced by `<redacted>`. */
  readonly headers: Readonly<Record<string, string>>
  /** The key, from `Authorization: Bearer` or `api-key`. */
  readonly key: Redacted.Redacted | undefined
  readonly body: string
  /** When it came, in milliseconds of the `Clock`. */
  readonly time: number
  /** `undefined` when the path or method is none of the API's. */
  readonly operation: Operation | undefined
  readonly checkpoint: string | undefined
  readonly permissionId: string | undefined
  /** The reply's `x-request-id`. */
  readonly requestId: string
  /** The fault it met. */
  readonly fault: Fault | undefined
  /** The reply's status, once there is a reply. */
  readonly status: number | undefined
  /** `abandoned` when the client gave up before the reply. */
  readonly outcome: "pending" | "replied" | "dropped" | "abandoned"
  /** When it was replied to, dropped or abandoned, in milliseconds of the `Clock`. */
  readonly answeredAt: number | undefined
}

/**
 * Which requests an injected fault is for; all by default.
 *
 * @category models
 * @since 0.1.0
 * @see {@link FakePermissions}
 */
export interface InjectOptions {
  readonly operation?: Operation | undefined
  readonly checkpoint?: string | undefined
  /** How many requests meet it; 1 by default. */
  readonly times?: number | undefined
}

/**
 * The controls of a fake server.
 *
 * @category models
 * @since 0.1.0
 * @see {@link FakePermissions}
 */
export interface Service {
  /** Adds permissions as if they had been granted before. */
  readonly seed: (seed: Seed) => Effect.Effect<void>
  /** Adds projects, models, jobs and model permissions; one with an id that is there already takes its place. */
  readonly seedOrganization: (organization: Organization) => Effect.Effect<void>
  /** What a checkpoint's permissions are now, oldest first. */
  readonly permissions: (checkpoint: string) => Effect.Effect<ReadonlyArray<Permission>>
  /** The project of each permission, oldest first: a project twice has two permissions. */
  readonly projects: (checkpoint: string) => Effect.Effect<ReadonlyArray<string>>
  /** The permissions of every checkpoint the server has heard of, oldest first. */
  readonly allPermissions: Effect.Effect<Readonly<Record<string, ReadonlyArray<Permission>>>>
  /** Takes a permission away behind the client's back. */
  readonly remove: (checkpoint: string, permissionId: string) => Effect.Effect<void>
  /** The requests since the layer was built or `clearRequests`, in the order they came. */
  readonly requests: Effect.Effect<ReadonlyArray<RecordedRequest>>
  /** Forgets the recorded requests. */
  readonly clearRequests: Effect.Effect<void>
  /** Waits until `requests` holds so many, answered or not. */
  readonly awaitRequests: (count: number) => Effect.Effect<void>
  /** The next request, or the next that match, meet these faults one after the other, before those of the plan. */
  readonly inject: (faults: Fault | ReadonlyArray<Fault>, options?: InjectOptions) => Effect.Effect<void>
  /** Another plan from here on; forgets what was injected. */
  readonly setFaults: (plan: Plan) => Effect.Effect<void>
  /** How the server behaves now. */
  readonly behavior: Effect.Effect<ServerBehavior>
  /** Changes settings from here on. Another rate keeps what calls are saved up. */
  readonly setBehavior: (settings: Settings) => Effect.Effect<void>
}

/**
 * What a fake begins with.
 *
 * @category models
 * @since 0.1.0
 * @see {@link layer}
 */
export interface Options {
  /**
   * Where the API is: a URL, or a path at any host; `/v1` by default. Below no
   * other path it is found (404), and at no other host is there a server.
   */
  readonly baseUrl?: string | undefined
  /** Permissions there are at the start; none by default. */
  readonly seed?: Seed | undefined
  /** What the routes next to checkpoint permissions show; nothing but what the permissions imply by default. */
  readonly organization?: Organization | undefined
  /** Changes to `ServerBehavior.defaults`. */
  readonly behavior?: Settings | undefined
  /** What goes wrong; nothing by default. */
  readonly faults?: Plan | undefined
  /** What latencies with a `min` and a `max` are drawn from; 0 by default. */
  readonly randomSeed?: number | undefined
  /** How many of the requests seen are kept, the newest; 10,000 by default. */
  readonly keptRequests?: number | undefined
}
