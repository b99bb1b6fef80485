import { CheckpointPermissions, Organization, RetryPolicy } from "@checkpoint-permissions/client"
import type { Identifiers, Permission, PermissionsError } from "@checkpoint-permissions/core"
import { FakePermissions } from "@checkpoint-permissions/testing"
import type { HttpClient } from "@effect/platform"
import { describe, expectTypeOf, it } from "@effect/vitest"
import {
  type Cause,
  type ConfigError,
  Context,
  type Deferred,
  Effect,
  type Either,
  Layer,
  type Option,
  type Redacted,
  type Stream
} from "effect"

type Service = CheckpointPermissions.Service
type Operation = "list" | "retrieve" | "pages" | "stream" | "create" | "delete"
type TagOf<E> = E extends { readonly _tag: infer Tag } ? Tag : never

type OfAList = Exclude<TagOf<PermissionsError.PermissionsError>, "ConflictError" | "IncompleteListingError">
type OfAWrite = OfAList | "ConflictError"

declare const checkpoint: Identifiers.CheckpointId
declare const permissionId: Identifiers.PermissionId
declare const projectId: Identifiers.ProjectId
declare const service: Service
declare const adminKey: Redacted.Redacted

describe("an operation", () => {
  it("has only possible errors: no write has IncompleteListingError, no listing has ConflictError", () => {
    expectTypeOf<TagOf<CheckpointPermissions.ListError>>().toEqualTypeOf<OfAList>()
    expectTypeOf<TagOf<CheckpointPermissions.ListingError>>().toEqualTypeOf<OfAList | "IncompleteListingError">()
    expectTypeOf<TagOf<CheckpointPermissions.CreateError>>().toEqualTypeOf<OfAWrite>()
    expectTypeOf<TagOf<CheckpointPermissions.DeleteError>>().toEqualTypeOf<OfAWrite>()
    expectTypeOf<CheckpointPermissions.RequestError>().toEqualTypeOf<
      CheckpointPermissions.ListError | CheckpointPermissions.CreateError | CheckpointPermissions.DeleteError
    >()
    expectTypeOf<PermissionsError.PermissionsError>().toEqualTypeOf<
      CheckpointPermissions.RequestError | CheckpointPermissions.ListingError
    >()
  })

  it("needs nothing, and gives pages, permissions and the answer to a delete; as a function it needs the service", () => {
    type Calls<R> = {
      readonly list: Effect.Effect<Permission.PermissionPage, CheckpointPermissions.ListError, R>
      readonly retrieve: Effect.Effect<Permission.PermissionPage, CheckpointPermissions.ListError, R>
      readonly pages: Stream.Stream<Permission.PermissionPage, CheckpointPermissions.ListingError, R>
      readonly stream: Stream.Stream<Permission.Permission, CheckpointPermissions.ListingError, R>
      readonly create: Effect.Effect<Permission.PermissionPage, CheckpointPermissions.CreateError, R>
      readonly delete: Effect.Effect<Permission.PermissionDeleted, CheckpointPermissions.DeleteError, R>
    }
    type Of<M extends Record<Operation, (...args: never) => unknown>> = {
      readonly [Name in Operation]: ReturnType<M[Name]>
    }
    expectTypeOf<Of<Service>>().toEqualTypeOf<Calls<never>>()
    expectTypeOf<Of<typeof CheckpointPermissions>>().toEqualTypeOf<Calls<CheckpointPermissions.CheckpointPermissions>>()
  })

  it("takes plain strings, of which a brand is one", () => {
    const calls = () => [
      service.list(checkpoint, { project_id: projectId, after: permissionId, limit: 1, order: "ascending" }),
      service.list("ft:a", { project_id: "proj_a", after: "cp_1" }),
      service.create(checkpoint, [projectId]),
      service.create("ft:a", ["proj_a"]),
      CheckpointPermissions.create("ft:a", ["proj_a", "proj_b"]),
      service.delete(checkpoint, permissionId),
      service.delete("ft:a", "cp_1"),
      service.stream("ft:a"),
      service.pages("ft:a"),
      // @ts-expect-error a create grants at least one project
      service.create(checkpoint, []),
      // @ts-expect-error a create grants at least one project
      CheckpointPermissions.create(checkpoint, []),
      // @ts-expect-error the API knows no such order
      service.list(checkpoint, { order: "desc" }),
      // @ts-expect-error the API knows no such parameter
      service.list(checkpoint, { before: permissionId }),
      // @ts-expect-error a limit is a number
      service.pages(checkpoint, { limit: "10" })
    ]
    expectTypeOf(calls).toBeFunction()
  })
})

describe("the service", () => {
  it("needs an HttpClient, and is refused for its options", () => {
    const { layer, layerConfig, make } = CheckpointPermissions
    expectTypeOf(make).returns.toEqualTypeOf<
      Effect.Effect<Service, PermissionsError.InvalidInputError, HttpClient.HttpClient>
    >()
    type Made<E> = Layer.Layer<CheckpointPermissions.CheckpointPermissions, E, HttpClient.HttpClient>
    expectTypeOf(layer).returns.toEqualTypeOf<Made<PermissionsError.InvalidInputError>>()
    expectTypeOf(layerConfig).returns.toEqualTypeOf<Made<ConfigError.ConfigError>>()
    type OfOrganization = Layer.Layer<Organization.Organization, ConfigError.ConfigError, HttpClient.HttpClient>
    expectTypeOf(Organization.layerConfig).returns.toEqualTypeOf<OfOrganization>()
    expectTypeOf(layerConfig).toBeCallableWith()
  })

  it("is complete in one line with the fake", () => {
    const whole = () => CheckpointPermissions.layer({ adminKey }).pipe(Layer.provide(FakePermissions.layer()))
    expectTypeOf(whole).returns.toEqualTypeOf<
      Layer.Layer<CheckpointPermissions.CheckpointPermissions, PermissionsError.InvalidInputError>
    >()
  })

  it("takes a redacted key, and undefined for every other option", () => {
    const options = (): CheckpointPermissions.Options => ({
      adminKey,
      apiUrl: undefined,
      organizationId: undefined,
      projectId: undefined,
      authHeader: undefined,
      allowInsecureHttp: undefined,
      timeout: undefined,
      retry: undefined,
      pacing: undefined,
      pageSize: undefined,
      prefetch: undefined,
      tracePropagation: undefined,
      transformClient: undefined
    })
    expectTypeOf(options).toBeFunction()
    // @ts-expect-error a key in the clear would be printed
    const clear: CheckpointPermissions.Options = { adminKey: "sk-admin" }
    // @ts-expect-error the key is required
    const none: CheckpointPermissions.Options = {}
    expectTypeOf([clear, none]).toExtend<ReadonlyArray<CheckpointPermissions.Options>>()
  })
})

describe("observers", () => {
  class Log extends Context.Tag("test/Log")<Log, { readonly write: (line: string) => Effect.Effect<void> }>() {}
  const observe = () => Effect.flatMap(Log, (log) => log.write("reply"))

  it("add what they need, to effects and streams", () => {
    const of = () =>
      [
        CheckpointPermissions.withOptions(service.list(checkpoint), { onReply: observe }),
        service.list(checkpoint).pipe(CheckpointPermissions.withOptions({ onReply: observe })),
        CheckpointPermissions.withOptions(service.stream(checkpoint), { onWait: observe }),
        service.stream(checkpoint).pipe(CheckpointPermissions.withOptions({ onReply: observe, onWait: observe }))
      ] as const
    type AList = Effect.Effect<Permission.PermissionPage, CheckpointPermissions.ListError, Log>
    type AStream = Stream.Stream<Permission.Permission, CheckpointPermissions.ListingError, Log>
    expectTypeOf(of).returns.toEqualTypeOf<readonly [AList, AList, AStream, AStream]>()
  })
})

describe("what is set around an effect or a stream", () => {
  const observe = () => Effect.void
  class Missing {
    readonly _tag = "Missing"
  }
  class Needed extends Context.Tag("test/Needed")<Needed, number>() {}
  type AnEffect = Effect.Effect<string, Missing, Needed>
  type AStream = Stream.Stream<string, Missing, Needed>
  type Each = readonly [AnEffect, AStream]

  it("gives an effect of an effect and a stream of a stream, data-first and data-last", () => {
    const { withOptions } = CheckpointPermissions
    const options = { retry: RetryPolicy.none, deadline: "1 second", urgent: true, onReply: observe } as const
    const of = (effect: AnEffect, stream: AStream) => ({
      first: [withOptions(effect, options), withOptions(stream, options)] as const,
      last: [effect.pipe(withOptions(options)), stream.pipe(withOptions(options))] as const,
      urgent: [withOptions(effect, { urgent: true }), withOptions(stream, { urgent: true })] as const,
      urgentLast: [effect.pipe(withOptions({ urgent: true })), stream.pipe(withOptions({ urgent: true }))] as const
    })
    expectTypeOf(of).returns.toEqualTypeOf<Record<keyof ReturnType<typeof of>, Each>>()
  })

  it("is not said to leave an Option, an Either or a Deferred what it is: it gives an effect", () => {
    const of = (
      option: Option.Option<number>,
      either: Either.Either<number, Missing>,
      deferred: Deferred.Deferred<number, Missing>
    ) =>
      [
        CheckpointPermissions.withOptions(option, { urgent: true }),
        either.pipe(CheckpointPermissions.withOptions({ retry: RetryPolicy.none })),
        deferred.pipe(CheckpointPermissions.withOptions({ onReply: observe }))
      ] as const
    type OfFailing = Effect.Effect<number, Missing>
    expectTypeOf(of).returns.toEqualTypeOf<
      readonly [Effect.Effect<number, Cause.NoSuchElementException>, OfFailing, OfFailing]
    >()
  })
})
