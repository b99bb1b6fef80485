import { CheckpointPermissions, Pacing, RetryPolicy } from "@checkpoint-permissions/client"
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
  type Schedule,
  type Stream
} from "effect"

type Service = CheckpointPermissions.Service
type Operation = "list" | "retrieve" | "pages" | "stream" | "create" | "delete"
type Result<Name extends Operation> = ReturnType<Service[Name]>
type TagOf<E> = E extends { readonly _tag: infer Tag } ? Tag : never
type Failure<Name extends "list" | "retrieve" | "create" | "delete"> = TagOf<Effect.Effect.Error<Result<Name>>>
type StreamFailure<Name extends "pages" | "stream"> = TagOf<Stream.Stream.Error<Result<Name>>>

type OfAList =
  | "InvalidInputError"
  | "BadRequestError"
  | "AuthenticationError"
  | "MissingScopeError"
  | "PermissionDeniedError"
  | "NotFoundError"
  | "RateLimitError"
  | "QuotaExhaustedError"
  | "ServerError"
  | "ConnectionError"
  | "RequestTimeoutError"
  | "InvalidResponseError"
type OfAWrite = OfAList | "ConflictError"

declare const checkpoint: Identifiers.CheckpointId
declare const permissionId: Identifiers.PermissionId
declare const projectId: Identifiers.ProjectId
declare const service: Service
declare const adminKey: Redacted.Redacted

describe("an operation", () => {
  it("fails with what it can meet: no write with IncompleteListingError, no listing with ConflictError", () => {
    expectTypeOf<Failure<"list">>().toEqualTypeOf<OfAList>()
    expectTypeOf<Failure<"retrieve">>().toEqualTypeOf<OfAList>()
    expectTypeOf<StreamFailure<"pages">>().toEqualTypeOf<OfAList | "IncompleteListingError">()
    expectTypeOf<StreamFailure<"stream">>().toEqualTypeOf<OfAList | "IncompleteListingError">()
    expectTypeOf<Failure<"create">>().toEqualTypeOf<OfAWrite>()
    expectTypeOf<Failure<"delete">>().toEqualTypeOf<OfAWrite>()
  })

  it("has a name for what it fails with, as the functions of the module have it", () => {
    const { list, retrieve, pages, stream, create } = CheckpointPermissions
    type ErrorOf<F extends (...args: never) => Effect.Effect<unknown, unknown, unknown>> = Effect.Effect.Error<
      ReturnType<F>
    >
    type StreamErrorOf<F extends (...args: never) => Stream.Stream<unknown, unknown, unknown>> = Stream.Stream.Error<
      ReturnType<F>
    >
    expectTypeOf<ErrorOf<typeof list>>().toEqualTypeOf<CheckpointPermissions.ListError>()
    expectTypeOf<ErrorOf<typeof retrieve>>().toEqualTypeOf<CheckpointPermissions.ListError>()
    expectTypeOf<StreamErrorOf<typeof pages>>().toEqualTypeOf<CheckpointPermissions.ListingError>()
    expectTypeOf<StreamErrorOf<typeof stream>>().toEqualTypeOf<CheckpointPermissions.ListingError>()
    expectTypeOf<ErrorOf<typeof create>>().toEqualTypeOf<CheckpointPermissions.CreateError>()
    expectTypeOf<ErrorOf<typeof CheckpointPermissions.delete>>().toEqualTypeOf<CheckpointPermissions.DeleteError>()
    expectTypeOf<CheckpointPermissions.RequestError>().toEqualTypeOf<
      CheckpointPermissions.ListError | CheckpointPermissions.CreateError | CheckpointPermissions.DeleteError
    >()
    expectTypeOf<PermissionsError.PermissionsError>().toEqualTypeOf<
      CheckpointPermissions.RequestError | CheckpointPermissions.ListingError
    >()
  })

  it("needs nothing", () => {
    expectTypeOf<Effect.Effect.Context<Result<"list">>>().toEqualTypeOf<never>()
    expectTypeOf<Effect.Effect.Context<Result<"retrieve">>>().toEqualTypeOf<never>()
    expectTypeOf<Effect.Effect.Context<Result<"create">>>().toEqualTypeOf<never>()
    expectTypeOf<Effect.Effect.Context<Result<"delete">>>().toEqualTypeOf<never>()
    expectTypeOf<Stream.Stream.Context<Result<"pages">>>().toEqualTypeOf<never>()
    expectTypeOf<Stream.Stream.Context<Result<"stream">>>().toEqualTypeOf<never>()
  })

  it("gives pages, permissions and the answer to a delete", () => {
    expectTypeOf<Effect.Effect.Success<Result<"list">>>().toEqualTypeOf<Permission.PermissionPage>()
    expectTypeOf<Effect.Effect.Success<Result<"retrieve">>>().toEqualTypeOf<Permission.PermissionPage>()
    expectTypeOf<Effect.Effect.Success<Result<"create">>>().toEqualTypeOf<Permission.PermissionPage>()
    expectTypeOf<Effect.Effect.Success<Result<"delete">>>().toEqualTypeOf<Permission.PermissionDeleted>()
    expectTypeOf<Stream.Stream.Success<Result<"pages">>>().toEqualTypeOf<Permission.PermissionPage>()
    expectTypeOf<Stream.Stream.Success<Result<"stream">>>().toEqualTypeOf<Permission.Permission>()
  })

  it("takes plain strings, of which a brand is one", () => {
    const calls = () => [
      service.list(checkpoint, { project_id: projectId, after: permissionId, limit: 1, order: "ascending" }),
      service.list("ft:a", { project_id: "proj_a", after: "cp_1" }),
      service.create(checkpoint, [projectId]),
      service.create("ft:a", ["proj_a"]),
      service.delete(checkpoint, permissionId),
      service.delete("ft:a", "cp_1"),
      service.stream("ft:a"),
      service.pages("ft:a"),
      // @ts-expect-error the API knows no such order
      service.list(checkpoint, { order: "desc" }),
      // @ts-expect-error the API knows no such parameter
      service.list(checkpoint, { before: permissionId }),
      // @ts-expect-error a limit is a number
      service.pages(checkpoint, { limit: "10" })
    ]
    expectTypeOf(calls).toBeFunction()
  })

  it("are functions of the module, which need the service", () => {
    type Needed = CheckpointPermissions.CheckpointPermissions
    const calls = {
      list: () => CheckpointPermissions.list("ft:a"),
      retrieve: () => CheckpointPermissions.retrieve("ft:a"),
      create: () => CheckpointPermissions.create("ft:a", ["proj_a"]),
      delete: () => CheckpointPermissions.delete("ft:a", "cp_1"),
      estimate: () => CheckpointPermissions.estimate({ list: 1 }),
      server: () => CheckpointPermissions.server
    }
    expectTypeOf<Effect.Effect.Context<ReturnType<(typeof calls)[keyof typeof calls]>>>().toEqualTypeOf<Needed>()
    const streams = {
      pages: () => CheckpointPermissions.pages("ft:a"),
      stream: () => CheckpointPermissions.stream("ft:a")
    }
    expectTypeOf<Stream.Stream.Context<ReturnType<(typeof streams)[keyof typeof streams]>>>().toEqualTypeOf<Needed>()
  })

  it("lists by one type of parameters", () => {
    expectTypeOf<CheckpointPermissions.ListParams>().toEqualTypeOf<Permission.ListParams>()
    expectTypeOf<Parameters<Service["list"]>[1]>().toEqualTypeOf<Permission.ListParams | undefined>()
  })

  it("is caught by tag", () => {
    const handled = () =>
      service.list(checkpoint).pipe(
        Effect.catchTags({
          MissingScopeError: (error) => Effect.succeed(error.scopes),
          RateLimitError: (error) => Effect.succeed(error.retryAfter)
        })
      )
    expectTypeOf<Effect.Effect.Error<ReturnType<typeof handled>>["_tag"]>().toEqualTypeOf<
      Exclude<OfAList, "MissingScopeError" | "RateLimitError">
    >()
  })
})

describe("the service", () => {
  it("needs an HttpClient, and is refused for its options", () => {
    const { layer, layerConfig, make } = CheckpointPermissions
    expectTypeOf(make).returns.toEqualTypeOf<
      Effect.Effect<Service, PermissionsError.InvalidInputError, HttpClient.HttpClient>
    >()
    expectTypeOf(layer).returns.toEqualTypeOf<
      Layer.Layer<
        CheckpointPermissions.CheckpointPermissions,
        PermissionsError.InvalidInputError,
        HttpClient.HttpClient
      >
    >()
    expectTypeOf(layerConfig).returns.toEqualTypeOf<
      Layer.Layer<
        CheckpointPermissions.CheckpointPermissions,
        PermissionsError.InvalidInputError | ConfigError.ConfigError,
        HttpClient.HttpClient
      >
    >()
    expectTypeOf(layerConfig).toBeCallableWith()
  })

  it("is whole in one line with the fake", () => {
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

describe("a retry policy", () => {
  it("is a schedule over the errors of the library", () => {
    expectTypeOf<RetryPolicy.RetryPolicy["schedule"]>().toEqualTypeOf<
      Schedule.Schedule<unknown, PermissionsError.PermissionsError>
    >()
    expectTypeOf(RetryPolicy.none).toEqualTypeOf<RetryPolicy.RetryPolicy>()
  })
})

describe("observers", () => {
  class Log extends Context.Tag("test/Log")<Log, { readonly write: (line: string) => Effect.Effect<void> }>() {}
  const observe = () => Effect.flatMap(Log, (log) => log.write("reply"))

  it("add what they need, to effects and streams", () => {
    const around = {
      effect: () => CheckpointPermissions.tapReplies(service.list(checkpoint), observe),
      piped: () => service.list(checkpoint).pipe(CheckpointPermissions.tapReplies(observe)),
      stream: () => service.stream(checkpoint).pipe(CheckpointPermissions.tapReplies(observe)),
      waits: () => service.stream(checkpoint).pipe(CheckpointPermissions.tapWaits(observe)),
      atOnce: () => Pacing.withoutWaiting(service.stream(checkpoint))
    }
    expectTypeOf(around.effect).returns.toEqualTypeOf<
      Effect.Effect<Permission.PermissionPage, CheckpointPermissions.ListError, Log>
    >()
    expectTypeOf(around.piped).returns.toEqualTypeOf<
      Effect.Effect<Permission.PermissionPage, CheckpointPermissions.ListError, Log>
    >()
    expectTypeOf<Stream.Stream.Context<ReturnType<typeof around.stream>>>().toEqualTypeOf<Log>()
    expectTypeOf<Stream.Stream.Context<ReturnType<typeof around.waits>>>().toEqualTypeOf<Log>()
    expectTypeOf(around.atOnce).returns.toEqualTypeOf<Result<"stream">>()
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

  it("gives an effect of an effect and a stream of a stream, data-first", () => {
    const of = (effect: AnEffect, stream: AStream) => ({
      withoutWaiting: [Pacing.withoutWaiting(effect), Pacing.withoutWaiting(stream)] as const,
      retried: [
        RetryPolicy.withRetryPolicy(effect, RetryPolicy.none),
        RetryPolicy.withRetryPolicy(stream, RetryPolicy.none)
      ] as const,
      replies: [
        CheckpointPermissions.tapReplies(effect, observe),
        CheckpointPermissions.tapReplies(stream, observe)
      ] as const,
      waits: [
        CheckpointPermissions.tapWaits(effect, observe),
        CheckpointPermissions.tapWaits(stream, observe)
      ] as const,
      gated: [
        CheckpointPermissions.beforeRequests(effect, observe),
        CheckpointPermissions.beforeRequests(stream, observe)
      ] as const
    })
    expectTypeOf(of).returns.toEqualTypeOf<Record<"withoutWaiting" | "retried" | "replies" | "waits" | "gated", Each>>()
  })

  it("and data-last", () => {
    const of = (effect: AnEffect, stream: AStream) => ({
      withoutWaiting: [effect.pipe(Pacing.withoutWaiting), stream.pipe(Pacing.withoutWaiting)] as const,
      retried: [
        effect.pipe(RetryPolicy.withRetryPolicy(RetryPolicy.none)),
        stream.pipe(RetryPolicy.withRetryPolicy(RetryPolicy.none))
      ] as const,
      replies: [
        effect.pipe(CheckpointPermissions.tapReplies(observe)),
        stream.pipe(CheckpointPermissions.tapReplies(observe))
      ] as const,
      waits: [
        effect.pipe(CheckpointPermissions.tapWaits(observe)),
        stream.pipe(CheckpointPermissions.tapWaits(observe))
      ] as const,
      gated: [
        effect.pipe(CheckpointPermissions.beforeRequests(observe)),
        stream.pipe(CheckpointPermissions.beforeRequests(observe))
      ] as const
    })
    expectTypeOf(of).returns.toEqualTypeOf<Record<"withoutWaiting" | "retried" | "replies" | "waits" | "gated", Each>>()
  })

  it("is not said to leave an Option, an Either or a Deferred what it is: it gives an effect", () => {
    const of = (
      option: Option.Option<number>,
      either: Either.Either<number, Missing>,
      deferred: Deferred.Deferred<number, Missing>
    ) =>
      [
        Pacing.withoutWaiting(option),
        either.pipe(RetryPolicy.withRetryPolicy(RetryPolicy.none)),
        deferred.pipe(CheckpointPermissions.tapReplies(observe))
      ] as const
    type OfFailing = Effect.Effect<number, Missing>
    expectTypeOf(of).returns.toEqualTypeOf<
      readonly [Effect.Effect<number, Cause.NoSuchElementException>, OfFailing, OfFailing]
    >()
  })
})

describe("a pacing", () => {
  it("is one type, however it is made", () => {
    expectTypeOf(Pacing.none).toEqualTypeOf<Pacing.Pacing>()
    expectTypeOf(Pacing.adaptive).toEqualTypeOf<Pacing.Pacing>()
    expectTypeOf(Pacing.fixed).returns.toEqualTypeOf<Pacing.Pacing>()
  })
})
