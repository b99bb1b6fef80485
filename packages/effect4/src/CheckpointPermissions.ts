/**
 * Who can use a fine-tuned model checkpoint: the three calls of OpenAI's checkpoint permissions API as Effects, and
 * whole listings as Streams.
 *
 * @since 0.1.0
 */
import type { ListParams } from "@checkpoint-permissions/protocol/wire"
import type * as Arr from "effect/Array"
import type * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { Any, WithR } from "./internal/effectOrStream.ts"
import * as environment from "./internal/environment.ts"
import * as observer from "./internal/observer.ts"
import * as operations from "./internal/operations.ts"
import type { ConfigOptions, Options } from "./internal/options.ts"
import { CurrentReplyObserver, type Reply } from "./internal/request/replyObserver.ts"
import { CurrentRequestGate, type Gate, beforeRequests as gated, type Pending } from "./internal/request/requestGate.ts"
import { FinishInFlight, type Outcome } from "./internal/retry/region.ts"
import { CurrentWaitLog, CurrentWaitObserver, type Wait } from "./internal/retry/waitObserver.ts"
import type {
  CreateError,
  DeleteError,
  Estimate,
  ListError,
  ListingError,
  Requests,
  Server,
  Service
} from "./internal/service.ts"
import * as settings from "./internal/settings.ts"
import type { Permission, PermissionDeleted, PermissionPage } from "./Permission.ts"
import type { InvalidInputError } from "./PermissionsError.ts"

export type * from "./internal/service.ts"
export type { ConfigOptions, Gate, ListParams, Options, Outcome, Pending, Reply, Wait }
export { CurrentReplyObserver, CurrentRequestGate, CurrentWaitLog, CurrentWaitObserver }

/**
 * The service.
 *
 * @example
 * ```ts effect4
 * import assert from "node:assert/strict"
 * import { CheckpointPermissions, FakePermissions } from "@checkpoint-permissions/effect4"
 * import { Effect, Redacted, Stream } from "effect"
 *
 * const count = Effect.gen(function* () {
 *   const permissions = yield* CheckpointPermissions.CheckpointPermissions
 *   return yield* Stream.runCount(permissions.stream("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"))
 * }).pipe(
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test") })),
 *   Effect.provide(FakePermissions.layer())
 * )
 * assert.equal(await Effect.runPromise(count), 0)
 * ```
 *
 * @category services
 */
export class CheckpointPermissions extends Context.Service<CheckpointPermissions, Service>()(
  "@checkpoint-permissions/effect4/CheckpointPermissions"
) {}

/**
 * Makes the service over the application's `HttpClient`. Fails with `InvalidInputError` when an option is refused; a
 * misspelt option is refused too.
 *
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<Service, InvalidInputError, HttpClient.HttpClient> =>
  Effect.zipWith(settings.make(options), HttpClient.HttpClient, (checked, client) => operations.make(client, checked))

/**
 * The service as a layer. Fails with `InvalidInputError` when an option is refused.
 *
 * @example
 * ```ts effect4
 * import { CheckpointPermissions } from "@checkpoint-permissions/effect4"
 * import { Layer, Redacted } from "effect"
 * import { FetchHttpClient } from "effect/http"
 *
 * const permissions = CheckpointPermissions.layer({
 *   adminKey: Redacted.make("sk-admin-…")
 * }).pipe(Layer.provide(FetchHttpClient.layer))
 * ```
 *
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<CheckpointPermissions, InvalidInputError, HttpClient.HttpClient> =>
  Layer.effect(CheckpointPermissions, make(options))

/**
 * The service with key and server from `Config`. Where no `adminKey` is given it is read from `OPENAI_ADMIN_KEY`, and
 * where no `apiUrl` is given, it is read from `OPENAI_BASE_URL`; an empty variable counts as unset, and no other is
 * read. Fails with `ConfigError` when the key is missing and with `InvalidInputError` when a value is refused; both
 * name the variable. `OPENAI_BASE_URL` is refused if it names another host than OpenAI's or this machine, since that
 * host would be sent the key: pass `apiUrl` if it is meant.
 *
 * @category layers
 */
export const layerConfig = (
  options: ConfigOptions = {}
): Layer.Layer<CheckpointPermissions, InvalidInputError | Config.ConfigError, HttpClient.HttpClient> =>
  Layer.effect(CheckpointPermissions, environment.provide(options, make))

const withService = <A, E>(
  use: (service: Service) => Effect.Effect<A, E>
): Effect.Effect<A, E, CheckpointPermissions> => CheckpointPermissions.use(use)

const withServiceStream = <A, E>(
  use: (service: Service) => Stream.Stream<A, E>
): Stream.Stream<A, E, CheckpointPermissions> => Stream.unwrap(CheckpointPermissions.useSync(use))

/**
 * One page of the permissions of a checkpoint: `list` of the {@link Service}.
 *
 * @category operations
 * @see https://platform.openai.com/docs/api-reference/fine-tuning/list-permissions
 */
export const list = (
  checkpoint: string,
  params?: ListParams | undefined
): Effect.Effect<PermissionPage, ListError, CheckpointPermissions> =>
  withService((service) => service.list(checkpoint, params))

/**
 * The older name of {@link list}.
 *
 * @deprecated use `list`
 * @category operations
 */
export const retrieve: typeof list = list

/**
 * The pages of a whole listing: `pages` of the {@link Service}.
 *
 * @category operations
 */
export const pages = (
  checkpoint: string,
  params?: ListParams | undefined
): Stream.Stream<PermissionPage, ListingError, CheckpointPermissions> =>
  withServiceStream((service) => service.pages(checkpoint, params))

/**
 * All permissions of a checkpoint: `stream` of the {@link Service}.
 *
 * @category operations
 */
export const stream = (
  checkpoint: string,
  params?: ListParams | undefined
): Stream.Stream<Permission, ListingError, CheckpointPermissions> =>
  withServiceStream((service) => service.stream(checkpoint, params))

/**
 * Grants projects access to a checkpoint: `create` of the {@link Service}.
 *
 * @category operations
 * @see https://platform.openai.com/docs/api-reference/fine-tuning/create-permission
 */
export const create = (
  checkpoint: string,
  projectIds: Arr.NonEmptyReadonlyArray<string>
): Effect.Effect<PermissionPage, CreateError, CheckpointPermissions> =>
  withService((service) => service.create(checkpoint, projectIds))

/**
 * Deletes one permission: `delete` of the {@link Service}.
 *
 * @category operations
 * @see https://platform.openai.com/docs/api-reference/fine-tuning/delete-permission
 */
const remove = (
  checkpoint: string,
  permissionId: string
): Effect.Effect<PermissionDeleted, DeleteError, CheckpointPermissions> =>
  withService((service) => service.delete(checkpoint, permissionId))

export { remove as delete }

/**
 * Where the requests go: `server` of the {@link Service}.
 *
 * @category operations
 */
export const server: Effect.Effect<Server, never, CheckpointPermissions> = CheckpointPermissions.useSync(
  (service) => service.server
)

/**
 * How long so many further requests would take, and what that rests on: `estimate` of the {@link Service}.
 *
 * @category operations
 */
export const estimate = (requests: Requests): Effect.Effect<Estimate, never, CheckpointPermissions> =>
  CheckpointPermissions.use((service) => service.estimate(requests))

/**
 * Lets each request inside that was sent come to its end: an interruption does not abort it, but takes effect when its
 * reply, or its timeout, is known. Waits for a gate, for the pace and before a retry can be interrupted wherever `self`
 * can be, by a timeout inside as well as from around it.
 *
 * `onOutcome` receives what each call came to, before an interruption takes effect: what has to follow a reply, such as
 * writing it down, is done there. It receives a call whose wait before a retry was interrupted, too, with its last
 * error, but not one that was interrupted before it was sent. What follows the call inside `self` is interrupted as
 * usual.
 *
 * Where `self` runs in a region that is uninterruptible already, such as a finalizer, nothing is cut short, and the
 * waits are bounded by the retry policy's cap. Inside itself, the inner `onOutcome` runs first.
 *
 * @category combinators
 */
export const finishInFlight = <A, E, R, R2 = never>(
  self: Effect.Effect<A, E, R>,
  onOutcome: (outcome: Outcome) => Effect.Effect<void, never, R2> = () => Effect.void
): Effect.Effect<A, E, R | R2> => observer.add(FinishInFlight)(self, onOutcome)

/**
 * Runs `observe` for every reply that the calls of an effect or a stream get, those of attempts that are repeated
 * included: once for each reply whose head arrived, after the attempt has ended. Its time does not count towards the
 * timeout of the attempt, and it can be interrupted unless the attempt was. Observers compose: the inner one runs
 * first.
 *
 * @category combinators
 */
export const tapReplies: {
  <R>(observe: (reply: Reply) => Effect.Effect<void, never, R>): <Self extends Any>(self: Self) => WithR<Self, R>
  <Self extends Any, R>(self: Self, observe: (reply: Reply) => Effect.Effect<void, never, R>): WithR<Self, R>
} = dual(2, observer.add(CurrentReplyObserver))

/**
 * Runs `observe` for the waits that the calls of an effect or a stream meet, when they are known: each delay before a
 * retry, a hold of the pace of more than ten seconds, and turns at a steady rate. Holds and turns are those of all
 * calls that wait for the pace of the operation. They are logged as well, before `observe` is told, unless
 * {@link CurrentWaitLog} is `false`. The call waits on while `observe` runs, and ends when it has ended; no other call
 * waits for it. What becomes known while it is busy is told after it, the newest alone.
 *
 * For a program that shows a person why it waits, and until when.
 *
 * @category combinators
 */
export const tapWaits: {
  <R>(observe: (wait: Wait) => Effect.Effect<void, never, R>): <Self extends Any>(self: Self) => WithR<Self, R>
  <Self extends Any, R>(self: Self, observe: (wait: Wait) => Effect.Effect<void, never, R>): WithR<Self, R>
} = dual(2, observer.add(CurrentWaitObserver))

/**
 * Runs `gate` before each request of an effect or a stream, repeated ones included: a turn of the pace is asked for
 * when `gate` has ended, so that a gate that waits holds back its own request only. It can be interrupted where a wait
 * can, and its time does not count towards the timeout of the attempt. Gates compose: the inner one runs first.
 *
 * For a program that may send only while it holds something, such as a lock that is renewed. What may be lost while the
 * request waits for its turn is a {@link Gate}: where it is not open any more when the turn has come, the turn goes to
 * the next call, and the request has to pass the gate again.
 *
 * @category combinators
 */
export const beforeRequests: {
  <R>(gate: Gate<R>["open"] | Gate<R>): <Self extends Any>(self: Self) => WithR<Self, R>
  <Self extends Any, R>(self: Self, gate: Gate<R>["open"] | Gate<R>): WithR<Self, R>
} = dual(2, gated)
