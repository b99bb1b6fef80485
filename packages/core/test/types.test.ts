import { Identifiers, Permission, PermissionsError } from "@checkpoint-permissions/core"
import type { Kind } from "@checkpoint-permissions/protocol/failure"
import type { ListParams } from "@checkpoint-permissions/protocol/wire"
import { describe, expectTypeOf, it } from "@effect/vitest"
import { type Brand, type DateTime, type Duration, Effect, type Schema } from "effect"

// The compiler checks these types; nothing runs.

describe("identifiers", () => {
  it("are strings with a brand each, which no other string has", () => {
    expectTypeOf<Identifiers.CheckpointId>().toEqualTypeOf<string & Brand.Brand<"CheckpointId">>()
    expectTypeOf<Identifiers.PermissionId>().toEqualTypeOf<string & Brand.Brand<"PermissionId">>()
    expectTypeOf<Identifiers.ProjectId>().toEqualTypeOf<string & Brand.Brand<"ProjectId">>()
  })

  it("have type guards", () => {
    expectTypeOf(Identifiers.isCheckpointId).guards.toEqualTypeOf<Identifiers.CheckpointId>()
    expectTypeOf(Identifiers.isPermissionId).guards.toEqualTypeOf<Identifiers.PermissionId>()
    expectTypeOf(Identifiers.isProjectId).guards.toEqualTypeOf<Identifiers.ProjectId>()
  })

  it("are plain strings on the wire, and need nothing to decode", () => {
    expectTypeOf<Schema.Schema.Encoded<typeof Identifiers.CheckpointId>>().toEqualTypeOf<string>()
    expectTypeOf<Schema.Schema.Encoded<typeof Identifiers.PermissionId>>().toEqualTypeOf<string>()
    expectTypeOf<Schema.Schema.Encoded<typeof Identifiers.ProjectId>>().toEqualTypeOf<string>()
    expectTypeOf<Schema.Schema.Context<typeof Identifiers.CheckpointId>>().toEqualTypeOf<never>()
  })
})

describe("the schemas of the API", () => {
  it("has the names and the types of the API reference", () => {
    expectTypeOf<Permission.Permission>().toEqualTypeOf<{
      readonly id: Identifiers.PermissionId
      readonly created_at: number
      readonly object: "checkpoint.permission"
      readonly project_id: Identifiers.ProjectId
    }>()
    expectTypeOf<Permission.PermissionPage["data"]>().toEqualTypeOf<
      ReadonlyArray<Schema.Schema.Type<typeof Permission.Permission>>
    >()
    expectTypeOf<Permission.PermissionPage["data"][number]>().toExtend<Permission.Permission>()
    expectTypeOf<Omit<Permission.PermissionPage, "data">>().toEqualTypeOf<{
      readonly object: "list"
      readonly has_more: boolean
      readonly first_id?: string | null | undefined
      readonly last_id?: string | null | undefined
    }>()
    expectTypeOf<Permission.PermissionDeleted>().toEqualTypeOf<{
      readonly id: Identifiers.PermissionId
      readonly object: "checkpoint.permission"
      readonly deleted: boolean
    }>()
  })

  it("takes parameters, all of them optional, and at least one project", () => {
    expectTypeOf<Permission.ListParams>().toEqualTypeOf<{
      readonly project_id?: string | undefined
      readonly after?: string | undefined
      readonly limit?: number | undefined
      readonly order?: "ascending" | "descending" | undefined
    }>()
    expectTypeOf<Permission.ListParams>().toEqualTypeOf<ListParams>()
    expectTypeOf<typeof Permission.ListParams.Type>().toEqualTypeOf<Permission.ListParams>()
    expectTypeOf<object>().toExtend<Permission.ListParams>()
    expectTypeOf<Permission.CreatePayload>().toEqualTypeOf<{
      readonly project_ids: readonly [Identifiers.ProjectId, ...Array<Identifiers.ProjectId>]
    }>()
    expectTypeOf<ReadonlyArray<Identifiers.ProjectId>>().not.toExtend<Permission.CreatePayload["project_ids"]>()
    expectTypeOf<readonly [string]>().not.toExtend<Permission.CreatePayload["project_ids"]>()
    expectTypeOf<"asc">().not.toExtend<Permission.Order>()
  })

  it("is encoded as plain JSON, and needs nothing to decode", () => {
    expectTypeOf<Schema.Schema.Encoded<typeof Permission.Permission>>().toEqualTypeOf<{
      readonly id: string
      readonly created_at: number
      readonly object: "checkpoint.permission"
      readonly project_id: string
    }>()
    expectTypeOf<Schema.Schema.Encoded<typeof Permission.CreatePayload>>().toEqualTypeOf<{
      readonly project_ids: readonly [string, ...Array<string>]
    }>()
    expectTypeOf<Schema.Schema.Context<typeof Permission.PermissionPage>>().toEqualTypeOf<never>()
  })

  it("returns the time of a grant", () => {
    expectTypeOf(Permission.createdAt).returns.toEqualTypeOf<DateTime.Utc>()
    expectTypeOf<Permission.Permission>().toExtend<Parameters<typeof Permission.createdAt>[0]>()
  })
})

describe("errors", () => {
  type Tag = PermissionsError.PermissionsError["_tag"]

  it("are exactly these fourteen, distinguished by _tag: catchTags accepts no other, and leaves none", () => {
    type Of<T extends Tag> = Extract<PermissionsError.PermissionsError, { readonly _tag: T }>
    expectTypeOf<Of<"NotFoundError">>().toEqualTypeOf<PermissionsError.NotFoundError>()
    expectTypeOf<Of<"IncompleteListingError">>().toEqualTypeOf<PermissionsError.IncompleteListingError>()

    type Handlers = { readonly [T in Kind]: () => Effect.Effect<"a"> }
    const handled = (listing: Effect.Effect<number, PermissionsError.PermissionsError>, handlers: Handlers) =>
      Effect.catchTags(listing, handlers)
    expectTypeOf<Tag>().toEqualTypeOf<Kind>()
    expectTypeOf(handled).returns.toEqualTypeOf<Effect.Effect<number | "a", never>>()

    const some = (listing: Effect.Effect<number, PermissionsError.PermissionsError>) =>
      Effect.catchTag(listing, "NotFoundError", () => Effect.succeed(0))
    expectTypeOf(some).returns.toEqualTypeOf<
      Effect.Effect<number, Exclude<PermissionsError.PermissionsError, PermissionsError.NotFoundError>>
    >()
  })

  it("all have these fields", () => {
    expectTypeOf<
      Pick<PermissionsError.PermissionsError, keyof PermissionsError.NotFoundError & "status">
    >().toEqualTypeOf<{
      readonly status?: number | undefined
    }>()
    expectTypeOf<PermissionsError.PermissionsError["operation"]>().toEqualTypeOf<PermissionsError.Operation>()
    expectTypeOf<PermissionsError.PermissionsError["checkpoint"]>().toEqualTypeOf<string | undefined>()
    expectTypeOf<PermissionsError.PermissionsError["code"]>().toEqualTypeOf<string | undefined>()
    expectTypeOf<PermissionsError.PermissionsError["param"]>().toEqualTypeOf<string | undefined>()
    expectTypeOf<PermissionsError.PermissionsError["detail"]>().toEqualTypeOf<string | undefined>()
    expectTypeOf<PermissionsError.PermissionsError["requestId"]>().toEqualTypeOf<string | undefined>()
    expectTypeOf<PermissionsError.PermissionsError["retryAfter"]>().toEqualTypeOf<Duration.Duration | undefined>()
    expectTypeOf<PermissionsError.PermissionsError["waited"]>().toEqualTypeOf<Duration.Duration | undefined>()
    expectTypeOf<PermissionsError.PermissionsError["shouldRetry"]>().toEqualTypeOf<boolean | undefined>()
    expectTypeOf<PermissionsError.PermissionsError["attempts"]>().toEqualTypeOf<number | undefined>()
    expectTypeOf<PermissionsError.PermissionsError["resumeAfter"]>().toEqualTypeOf<
      Identifiers.PermissionId | undefined
    >()
    expectTypeOf<PermissionsError.PermissionsError["mayHaveExecuted"]>().toEqualTypeOf<boolean>()
    expectTypeOf<PermissionsError.PermissionsError["isRetryable"]>().toEqualTypeOf<boolean>()
    expectTypeOf<PermissionsError.PermissionsError["message"]>().toEqualTypeOf<string>()
  })

  it("of refused input take what is known before a request", () => {
    type Taken = ConstructorParameters<typeof PermissionsError.InvalidInputError>[0]
    expectTypeOf<keyof Taken>().toEqualTypeOf<"operation" | "field" | "reason">()
    expectTypeOf<PermissionsError.InvalidInputError["status"]>().toEqualTypeOf<undefined>()
    expectTypeOf<PermissionsError.InvalidInputError["cause"]>().toEqualTypeOf<undefined>()
    expectTypeOf<PermissionsError.InvalidInputError["mayHaveExecuted"]>().toEqualTypeOf<false>()
  })

  it("are recognized and carried without a cast", () => {
    expectTypeOf(PermissionsError.isPermissionsError).guards.toEqualTypeOf<PermissionsError.PermissionsError>()
    expectTypeOf<Schema.Schema.Context<typeof PermissionsError.PermissionsError>>().toEqualTypeOf<never>()
    expectTypeOf<PermissionsError.NotFoundError>().toExtend<Effect.Effect<never, PermissionsError.NotFoundError>>()
    expectTypeOf(PermissionsError.fromFailure).returns.toEqualTypeOf<PermissionsError.PermissionsError>()
  })
})
