/** The signatures of both Effect versions, in one table. The compiler checks them; nothing runs. */
import * as Client3 from "@checkpoint-permissions/client"
import type * as Core3 from "@checkpoint-permissions/core"
import * as Lib4 from "@checkpoint-permissions/effect4"
import type { Kind, Operation } from "@checkpoint-permissions/protocol/failure"
import type { ListParams } from "@checkpoint-permissions/protocol/wire"
import { FakePermissions as Fake3 } from "@checkpoint-permissions/testing"
import type * as Platform3 from "@effect/platform"
import * as Effect3 from "effect"
import * as Effect4 from "effect-4"
import type * as Http4 from "effect-4/http"
import { describe, expectTypeOf, it } from "vitest"

type Version = 3 | 4

/** The types of Effect, of both versions. */
interface Kinds<A, E, R> {
  readonly effect: { readonly 3: Effect3.Effect.Effect<A, E, R>; readonly 4: Effect4.Effect.Effect<A, E, R> }
  readonly stream: { readonly 3: Effect3.Stream.Stream<A, E, R>; readonly 4: Effect4.Stream.Stream<A, E, R> }
  readonly layer: { readonly 3: Effect3.Layer.Layer<A, E, R>; readonly 4: Effect4.Layer.Layer<A, E, R> }
}
type Effect<V extends Version, A, E, R> = Kinds<A, E, R>["effect"][V]
type Stream<V extends Version, A, E, R> = Kinds<A, E, R>["stream"][V]
type Layer<V extends Version, A, E, R> = Kinds<A, E, R>["layer"][V]

/** The modules and types of the packages, of both versions. */
interface Packages {
  readonly 3: {
    readonly permissions: typeof Client3.CheckpointPermissions
    readonly organization: typeof Client3.Organization
    readonly ids: typeof Core3.Identifiers
    readonly schemas: typeof Core3.Permission
    readonly errors: typeof Core3.PermissionsError
    readonly Tag: Client3.CheckpointPermissions.CheckpointPermissions
    readonly OrganizationTag: Client3.Organization.Organization
    readonly Service: Client3.CheckpointPermissions.Service
    readonly Options: Client3.CheckpointPermissions.Options
    readonly ListError: Client3.CheckpointPermissions.ListError
    readonly ListingError: Client3.CheckpointPermissions.ListingError
    readonly CreateError: Client3.CheckpointPermissions.CreateError
    readonly DeleteError: Client3.CheckpointPermissions.DeleteError
    readonly RequestError: Client3.CheckpointPermissions.RequestError
    readonly PermissionsError: Core3.PermissionsError.PermissionsError
    readonly InvalidInputError: Core3.PermissionsError.InvalidInputError
    readonly Page: Core3.Permission.PermissionPage
    readonly Permission: Core3.Permission.Permission
    readonly Deleted: Core3.Permission.PermissionDeleted
    readonly CreatePayload: Core3.Permission.CreatePayload
    readonly ListParams: Core3.Permission.ListParams
    readonly CheckpointId: Core3.Identifiers.CheckpointId
    readonly PermissionId: Core3.Identifiers.PermissionId
    readonly ProjectId: Core3.Identifiers.ProjectId
    readonly Brands: {
      readonly [Name in "CheckpointId" | "PermissionId" | "ProjectId"]: string & Effect3.Brand.Brand<Name>
    }
    readonly ConfigError: Effect3.ConfigError.ConfigError
    readonly HttpClient: Platform3.HttpClient.HttpClient
    readonly Redacted: Effect3.Redacted.Redacted
    readonly Duration: Effect3.Duration.Duration
    readonly Utc: Effect3.DateTime.Utc
  }
  readonly 4: {
    readonly permissions: typeof Lib4.CheckpointPermissions
    readonly organization: typeof Lib4.Organization
    readonly ids: typeof Lib4.Identifiers
    readonly schemas: typeof Lib4.Permission
    readonly errors: typeof Lib4.PermissionsError
    readonly Tag: Lib4.CheckpointPermissions.CheckpointPermissions
    readonly OrganizationTag: Lib4.Organization.Organization
    readonly Service: Lib4.CheckpointPermissions.Service
    readonly Options: Lib4.CheckpointPermissions.Options
    readonly ListError: Lib4.CheckpointPermissions.ListError
    readonly ListingError: Lib4.CheckpointPermissions.ListingError
    readonly CreateError: Lib4.CheckpointPermissions.CreateError
    readonly DeleteError: Lib4.CheckpointPermissions.DeleteError
    readonly RequestError: Lib4.CheckpointPermissions.RequestError
    readonly PermissionsError: Lib4.PermissionsError.PermissionsError
    readonly InvalidInputError: Lib4.PermissionsError.InvalidInputError
    readonly Page: Lib4.Permission.PermissionPage
    readonly Permission: Lib4.Permission.Permission
    readonly Deleted: Lib4.Permission.PermissionDeleted
    readonly CreatePayload: Lib4.Permission.CreatePayload
    readonly ListParams: Lib4.Permission.ListParams
    readonly CheckpointId: Lib4.Identifiers.CheckpointId
    readonly PermissionId: Lib4.Identifiers.PermissionId
    readonly ProjectId: Lib4.Identifiers.ProjectId
    readonly Brands: {
      readonly [Name in "CheckpointId" | "PermissionId" | "ProjectId"]: string & Effect4.Brand.Brand<Name>
    }
    readonly ConfigError: Effect4.Config.ConfigError
    readonly HttpClient: Http4.HttpClient.HttpClient
    readonly Redacted: Effect4.Redacted.Redacted
    readonly Duration: Effect4.Duration.Duration
    readonly Utc: Effect4.DateTime.Utc
  }
}

type TagOf<E> = E extends { readonly _tag: infer Tag } ? Tag : never
type OfList = Exclude<Kind, "ConflictError" | "IncompleteListingError">
type OfWrite = OfList | "ConflictError"

type Name = "list" | "retrieve" | "pages" | "stream" | "create" | "delete"
type Returned<M extends Record<Name, (...args: never) => unknown>> = { readonly [N in Name]: ReturnType<M[N]> }
type Taken<M extends Record<Name, (...args: never) => unknown>> = { readonly [N in Name]: Parameters<M[N]> }

/** The results of the operations, which need `R`. */
interface Results<V extends Version, R, P extends Packages[V] = Packages[V]> {
  readonly list: Effect<V, P["Page"], P["ListError"], R>
  readonly retrieve: Effect<V, P["Page"], P["ListError"], R>
  readonly pages: Stream<V, P["Page"], P["ListingError"], R>
  readonly stream: Stream<V, P["Permission"], P["ListingError"], R>
  readonly create: Effect<V, P["Page"], P["CreateError"], R>
  readonly delete: Effect<V, P["Deleted"], P["DeleteError"], R>
}

type Listing = [checkpoint: string, params?: ListParams | undefined]

/** The parameters of the operations: plain strings, and at least one project for a create. */
interface Inputs {
  readonly list: Listing
  readonly retrieve: Listing
  readonly pages: Listing
  readonly stream: Listing
  readonly create: [checkpoint: string, projectIds: readonly [string, ...Array<string>]]
  readonly delete: [checkpoint: string, permissionId: string]
}

/** The errors of the operations: no write has IncompleteListingError, no listing has ConflictError. */
interface Errors {
  readonly ListError: OfList
  readonly ListingError: OfList | "IncompleteListingError"
  readonly CreateError: OfWrite
  readonly DeleteError: OfWrite
  readonly RequestError: OfWrite
  readonly PermissionsError: Kind
}

/** The common fields of all errors. */
interface Fields<V extends Version> {
  readonly operation: Operation
  readonly checkpoint: string | undefined
  readonly status: number | undefined
  readonly code: string | undefined
  readonly param: string | undefined
  readonly detail: string | undefined
  readonly requestId: string | undefined
  readonly retryAfter: Packages[V]["Duration"] | undefined
  readonly waited: Packages[V]["Duration"] | undefined
  readonly shouldRetry: boolean | undefined
  readonly attempts: number | undefined
  readonly resumeAfter: Packages[V]["PermissionId"] | undefined
  readonly mayHaveExecuted: boolean
  readonly isRetryable: boolean
  readonly message: string
}

/** The layers and constructors. */
interface Made<V extends Version, P extends Packages[V] = Packages[V]> {
  readonly make: Effect<V, P["Service"], P["InvalidInputError"], P["HttpClient"]>
  readonly layer: Layer<V, P["Tag"], P["InvalidInputError"], P["HttpClient"]>
  readonly layerConfig: Layer<V, P["Tag"], P["ConfigError"], P["HttpClient"]>
}

/** The types of the API's documents, with the ids of one version, or as JSON. */
interface Documents<PermissionId, ProjectId> {
  readonly Permission: {
    readonly id: PermissionId
    readonly created_at: number
    readonly object: "checkpoint.permission"
    readonly project_id: ProjectId
  }
  readonly Deleted: {
    readonly id: PermissionId
    readonly object: "checkpoint.permission"
    readonly deleted: boolean
  }
  readonly CreatePayload: { readonly project_ids: readonly [ProjectId, ...Array<ProjectId>] }
}

interface PageHead {
  readonly object: "list"
  readonly has_more: boolean
  readonly first_id?: string | null | undefined
  readonly last_id?: string | null | undefined
}

/** Everything that is equal in both versions, as one row for each promise. */
interface Table<V extends Version, P extends Packages[V] = Packages[V]> {
  readonly service: Results<V, never>
  readonly functions: Results<V, P["Tag"]>
  readonly inputs: Inputs
  readonly moduleInputs: Inputs
  readonly errors: Errors
  readonly fields: Fields<V>
  readonly made: Made<V>
  readonly organization: Layer<V, P["OrganizationTag"], P["ConfigError"], P["HttpClient"]>
  readonly key: P["Redacted"]
  readonly ids: P["Brands"]
  readonly params: ListParams
  readonly documents: Documents<P["PermissionId"], P["ProjectId"]>
  readonly json: Documents<string, string>
  readonly page: PageHead
  readonly items: P["Permission"]
  readonly createdAt: P["Utc"]
  readonly guards: P["Brands"]
  readonly isPermissionsError: P["PermissionsError"]
  readonly invalidInput: "operation" | "field" | "reason"
  readonly refused: { readonly status: undefined; readonly cause: undefined; readonly mayHaveExecuted: false }
  /** The options that have to be there, and those that may not be `undefined`. */
  readonly required: "adminKey"
}

type Plain<A> = { readonly [K in keyof A]: A[K] }
type Encoded<S> = S extends { readonly Encoded: infer A } ? A : never
type IdGuard<A extends string> = (value: string) => value is A
type IdGuarded<F> = F extends IdGuard<infer A> ? A : never
type Guarded<F> = F extends (value: unknown) => value is infer A ? A : never
type RequiredOf<A> = { readonly [K in keyof A]-?: undefined extends A[K] ? never : K }[keyof A]
type FieldsOf<Class> = Class extends new (fields: infer F, ...others: infer _) => unknown ? F : never

/** The same rows, of the packages. */
interface Found<V extends Version, P extends Packages[V] = Packages[V]> {
  readonly service: Returned<P["Service"]>
  readonly functions: Returned<P["permissions"]>
  readonly inputs: Taken<P["Service"]>
  readonly moduleInputs: Taken<P["permissions"]>
  readonly errors: { readonly [K in keyof Errors]: TagOf<P[K]> }
  readonly fields: { readonly [K in keyof Fields<V>]: P["PermissionsError"][K] }
  readonly made: { readonly [K in keyof Made<V>]: ReturnType<P["permissions"][K]> }
  readonly organization: ReturnType<P["organization"]["layerConfig"]>
  readonly key: P["Options"]["adminKey"]
  readonly ids: { readonly [K in keyof P["Brands"]]: P[K & keyof P] }
  readonly params: P["ListParams"]
  readonly documents: { readonly [K in keyof Documents<string, string>]: Plain<P[K]> }
  readonly json: {
    readonly Permission: Encoded<P["schemas"]["Permission"]>
    readonly Deleted: Encoded<P["schemas"]["PermissionDeleted"]>
    readonly CreatePayload: Encoded<P["schemas"]["CreatePayload"]>
  }
  readonly page: Omit<P["Page"], "data">
  readonly items: P["Page"]["data"][number]
  readonly createdAt: ReturnType<P["schemas"]["createdAt"]>
  readonly guards: {
    readonly CheckpointId: IdGuarded<P["ids"]["isCheckpointId"]>
    readonly PermissionId: IdGuarded<P["ids"]["isPermissionId"]>
    readonly ProjectId: IdGuarded<P["ids"]["isProjectId"]>
  }
  readonly isPermissionsError: Guarded<P["errors"]["isPermissionsError"]>
  readonly invalidInput: keyof FieldsOf<P["errors"]["InvalidInputError"]>
  readonly refused: { readonly [K in "status" | "cause" | "mayHaveExecuted"]: P["InvalidInputError"][K] }
  readonly required: RequiredOf<P["Options"]>
}

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** The results of options around an effect and a stream, whose observer needs a service. */
interface AroundOf<V extends Version, Needed> {
  effect: Effect<V, 1, 2, 3 | Needed>
  effectLast: Effect<V, 1, 2, 3 | Needed>
  stream: Stream<V, 1, 2, 3 | Needed>
  streamLast: Stream<V, 1, 2, 3 | Needed>
  urgent: Effect<V, 1, 2, 3>
  urgentLast: Stream<V, 1, 2, 3>
}

/** A handler of each error. */
type Handlers<E> = { readonly [T in Kind]: () => E }

describe("the signatures", () => {
  it("of Effect 3 are those of the table", () => {
    type Rows = { -readonly [Row in keyof Found<3>]: Equal<Found<3>[Row], Table<3>[Row]> }
    expectTypeOf<Rows>().toEqualTypeOf<Record<keyof Table<3>, true>>()
  })

  it("of Effect 4 are those of the table", () => {
    type Rows = { -readonly [Row in keyof Found<4>]: Equal<Found<4>[Row], Table<4>[Row]> }
    expectTypeOf<Rows>().toEqualTypeOf<Record<keyof Table<4>, true>>()
  })
})

describe("options around an effect or a stream, data-first and data-last", () => {
  it("of Effect 3 keep the effect or stream, and add the requirements of observers", () => {
    const { withOptions } = Client3.CheckpointPermissions
    class Needed extends Effect3.Context.Tag("test/Needed")<Needed, number>() {}
    const onReply = () => Effect3.Effect.asVoid(Needed)
    const options = { retry: Client3.RetryPolicy.none, deadline: "1 second", urgent: true, onReply } as const
    const of = (effect: Effect3.Effect.Effect<1, 2, 3>, stream: Effect3.Stream.Stream<1, 2, 3>) => ({
      effect: withOptions(effect, options),
      effectLast: effect.pipe(withOptions(options)),
      stream: withOptions(stream, options),
      streamLast: stream.pipe(withOptions(options)),
      urgent: withOptions(effect, { urgent: true }),
      urgentLast: stream.pipe(withOptions({ urgent: true }))
    })
    expectTypeOf(of).returns.toEqualTypeOf<AroundOf<3, Needed>>()
  })

  it("of Effect 4 keep the effect or stream, and add the requirements of observers", () => {
    const { withOptions } = Lib4.CheckpointPermissions
    class Needed extends Effect4.Context.Service<Needed, number>()("test/Needed") {}
    const onReply = () => Effect4.Effect.asVoid(Needed)
    const options = { retry: Lib4.RetryPolicy.none, deadline: "1 second", urgent: true, onReply } as const
    const of = (effect: Effect4.Effect.Effect<1, 2, 3>, stream: Effect4.Stream.Stream<1, 2, 3>) => ({
      effect: withOptions(effect, options),
      effectLast: effect.pipe(withOptions(options)),
      stream: withOptions(stream, options),
      streamLast: stream.pipe(withOptions(options)),
      urgent: withOptions(effect, { urgent: true }),
      urgentLast: stream.pipe(withOptions({ urgent: true }))
    })
    expectTypeOf(of).returns.toEqualTypeOf<AroundOf<4, Needed>>()
  })

  it("of Effect 3 return an effect for an Option, of which an effect is made; Effect 4 accepts none", () => {
    const of = (option3: Effect3.Option.Option<1>, option4: Effect4.Option.Option<1>) =>
      [
        Client3.CheckpointPermissions.withOptions(option3, { urgent: true }),
        // @ts-expect-error an Option is no effect
        Lib4.CheckpointPermissions.withOptions(option4, { urgent: true })
      ] as const
    expectTypeOf(of).returns.toMatchTypeOf<
      readonly [Effect<3, 1, Effect3.Cause.NoSuchElementException, never>, unknown]
    >()
  })
})

describe("errors", () => {
  it("are handled by their tags, without one that is left", () => {
    const of3 = (
      self: Effect<3, 1, Packages[3]["PermissionsError"], never>,
      handlers: Handlers<Effect<3, 2, never, never>>
    ) => Effect3.Effect.catchTags(self, handlers)
    const of4 = (
      self: Effect<4, 1, Packages[4]["PermissionsError"], never>,
      handlers: Handlers<Effect<4, 2, never, never>>
    ) => Effect4.Effect.catchTags(self, handlers)
    expectTypeOf(of3).returns.toEqualTypeOf<Effect<3, 1 | 2, never, never>>()
    expectTypeOf(of4).returns.toEqualTypeOf<Effect<4, 1 | 2, never, never>>()
  })
})

it("a service is complete in one line with the fake", () => {
  const of3 = (options: Packages[3]["Options"]) =>
    Client3.CheckpointPermissions.layer(options).pipe(Effect3.Layer.provide(Fake3.layer()))
  const of4 = (options: Packages[4]["Options"]) =>
    Lib4.CheckpointPermissions.layer(options).pipe(Effect4.Layer.provide(Lib4.FakePermissions.layer()))
  expectTypeOf(of3).returns.toEqualTypeOf<Layer<3, Packages[3]["Tag"], Packages[3]["InvalidInputError"], never>>()
  expectTypeOf(of4).returns.toEqualTypeOf<Layer<4, Packages[4]["Tag"], Packages[4]["InvalidInputError"], never>>()
})
