/** The types of the service. */
import {
  CheckpointPermissions,
  type Organization,
  type Permission,
  type PermissionsError,
  RetryPolicy
} from "@checkpoint-permissions/effect4"
import type { ListParams } from "@checkpoint-permissions/protocol/wire"
import { type Config, Context, type Deferred, Effect, type Layer, type Option, type Stream } from "effect"
import { describe, expectTypeOf, it } from "vitest"

type TagOf<E> = E extends { readonly _tag: infer Tag } ? Tag : never
type Module = typeof CheckpointPermissions
type Failure<Name extends "list" | "retrieve" | "create" | "delete"> = Effect.Error<ReturnType<Module[Name]>>
type StreamFailure<Name extends "pages" | "stream"> = Stream.Error<ReturnType<Module[Name]>>
type Service = CheckpointPermissions.Service

declare const service: Service

type OfAList = Exclude<TagOf<PermissionsError.PermissionsError>, "ConflictError" | "IncompleteListingError">
type OfAWrite = OfAList | "ConflictError"

describe("the parameters of a listing", () => {
  it("are those of the rules", () => {
    expectTypeOf<Permission.ListParams>().toEqualTypeOf<ListParams>()
    expectTypeOf<CheckpointPermissions.ListParams>().toEqualTypeOf<ListParams>()
  })
})

describe("a layer with key and server from the environment", () => {
  it("fails only with ConfigError", () => {
    expectTypeOf<Layer.Error<ReturnType<Module["layerConfig"]>>>().toEqualTypeOf<Config.ConfigError>()
    expectTypeOf<Layer.Error<ReturnType<typeof Organization.layerConfig>>>().toEqualTypeOf<Config.ConfigError>()
  })
})

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

  it("has named parameters in the service and in the module", () => {
    expectTypeOf<Failure<"list">>().toEqualTypeOf<CheckpointPermissions.ListError>()
    expectTypeOf<Failure<"retrieve">>().toEqualTypeOf<CheckpointPermissions.ListError>()
    expectTypeOf<StreamFailure<"pages">>().toEqualTypeOf<CheckpointPermissions.ListingError>()
    expectTypeOf<StreamFailure<"stream">>().toEqualTypeOf<CheckpointPermissions.ListingError>()
    expectTypeOf<Failure<"create">>().toEqualTypeOf<CheckpointPermissions.CreateError>()
    expectTypeOf<Failure<"delete">>().toEqualTypeOf<CheckpointPermissions.DeleteError>()
    expectTypeOf<Effect.Error<ReturnType<Service["list"]>>>().toEqualTypeOf<CheckpointPermissions.ListError>()
    expectTypeOf<Stream.Error<ReturnType<Service["pages"]>>>().toEqualTypeOf<CheckpointPermissions.ListingError>()
    expectTypeOf<Stream.Error<ReturnType<Service["stream"]>>>().toEqualTypeOf<CheckpointPermissions.ListingError>()
    expectTypeOf<Effect.Error<ReturnType<Service["create"]>>>().toEqualTypeOf<CheckpointPermissions.CreateError>()
    expectTypeOf<Effect.Error<ReturnType<Service["delete"]>>>().toEqualTypeOf<CheckpointPermissions.DeleteError>()
  })

  it("takes at least one project to create", () => {
    const calls = () => [
      service.create("ft:a", ["proj_a"]),
      CheckpointPermissions.create("ft:a", ["proj_a", "proj_b"]),
      // @ts-expect-error a create grants at least one project
      service.create("ft:a", []),
      // @ts-expect-error a create grants at least one project
      CheckpointPermissions.create("ft:a", [])
    ]
    expectTypeOf(calls).toBeFunction()
  })
})

describe("options around an effect or a stream", () => {
  const observe = () => Effect.void
  class Missing {
    readonly _tag = "Missing"
  }
  class Needed extends Context.Service<Needed, number>()("test/Needed") {}
  type AnEffect = Effect.Effect<string, Missing, Needed>
  type AStream = Stream.Stream<string, Missing, Needed>
  type Each = readonly [AnEffect, AStream]

  it("return an effect for an effect and a stream for a stream, data-first and data-last", () => {
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

  it("accept no Option and no Deferred", () => {
    const of = (option: Option.Option<number>, deferred: Deferred.Deferred<number, Missing>) => [
      // @ts-expect-error an Option is no effect
      CheckpointPermissions.withOptions(option, { urgent: true }),
      // @ts-expect-error a Deferred is no effect
      CheckpointPermissions.withOptions(deferred, { urgent: true })
    ]
    expectTypeOf(of).toBeFunction()
  })
})
