/** The schemas of the errors: what is sent of one gives back its class, with every field. */
import { failures } from "@checkpoint-permissions/contract"
import {
  PermissionsError as Errors,
  Permission,
  PermissionsErrorSchema as Schemas
} from "@checkpoint-permissions/effect4"
import { Arbitrary, Cause, Effect, Exit, Layer, Option, Schema } from "effect"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiTest from "effect/http-api/HttpApiTest"
import * as Rpc from "effect/rpc/Rpc"
import { assert, describe, test } from "vitest"
import { it } from "./support/it.ts"

/** One of each, with every field that it can have. */
const errors: ReadonlyArray<Errors.PermissionsError> = failures.map((failure) => Errors.fromFailure(failure))

const json = Schema.fromJsonString(Schema.toCodecJson(Schemas.PermissionsError))
const through = (error: Errors.PermissionsError) => Schema.decodeSync(json)(Schema.encodeSync(json)(error))
const fieldsOf = (error: Errors.PermissionsError) =>
  Object.fromEntries(Object.entries(error).filter(([, value]) => value !== undefined))

const isSame = (back: Errors.PermissionsError, error: Errors.PermissionsError) => {
  assert.strictEqual(back.constructor, error.constructor)
  assert.deepStrictEqual(fieldsOf(back), fieldsOf(error))
  assert.strictEqual(back.message, error.message)
  assert.strictEqual(back.isRetryable, error.isRetryable)
}

describe("an error is the same after a round trip", () => {
  for (const error of errors) test(`${error._tag} through JSON, every field of it`, () => isSame(through(error), error))

  test("with any fields", async () => {
    const wires = await Effect.runPromise(
      Arbitrary.sampleEffect(Arbitrary.schema(Schema.Union(Schemas.PermissionsError.members.map(({ from }) => from))), {
        size: 500,
        seed: 7
      })
    )
    for (const wire of wires) {
      const error = Schema.decodeUnknownSync(Schemas.PermissionsError)(
        Schema.encodeUnknownSync(Schema.Union(Schemas.PermissionsError.members.map(({ from }) => from)))(wire)
      )
      isSame(through(error), error)
    }
  })

  test.each([
    [{ _tag: "Nonsense", operation: "list" }],
    [{ operation: "list" }],
    [{ _tag: "NotFoundError" }],
    [{ _tag: "NotFoundError", operation: "read" }],
    [{ _tag: "NotFoundError", operation: "list", status: 404.5 }],
    [{ _tag: "NotFoundError", operation: "list", resumeAfter: ".." }],
    [{ _tag: "InvalidInputError", operation: "list", field: "limit" }],
    [{ _tag: "IncompleteListingError", operation: "list", reason: "x" }],
    [null]
  ])("refuse %j", (wire) => {
    assert.throws(() => Schema.decodeUnknownSync(Schemas.PermissionsError)(wire))
  })
})

describe("an endpoint that declares the union", () => {
  const failures = Object.fromEntries(errors.map((error) => [error._tag, error]))
  const failWith = (tag: string) =>
    Effect.flatMap(Effect.fromNullishOr(failures[tag]), Effect.fail).pipe(
      Effect.catchTag("NoSuchElementError", Effect.die)
    )

  test("of rpc sends each error as it is", () => {
    const list = Rpc.make("list", { success: Permission.PermissionPage, error: Schemas.PermissionsError })
    const exit = Schema.fromJsonString(Schema.toCodecJson(Rpc.exitSchema(list)))
    for (const error of errors) {
      const back = Schema.decodeSync(exit)(Schema.encodeSync(exit)(Exit.fail(error)))
      isSame(Option.getOrThrow(Exit.isFailure(back) ? Cause.findErrorOption(back.cause) : Option.none()), error)
    }
  })

  it.effect("of HttpApi sends each error as it is", () =>
    Effect.gen(function* () {
      const api = HttpApi.make("api").add(
        HttpApiGroup.make("permissions").add(
          HttpApiEndpoint.get("list", "/list/:tag", {
            params: { tag: Schema.String },
            success: Permission.PermissionPage,
            error: Schemas.PermissionsError
          })
        )
      )
      const handlers = HttpApiBuilder.group(api, "permissions", (group) =>
        group.handle("list", ({ params }) => failWith(params.tag))
      )
      const client = yield* HttpApiTest.groups(api, ["permissions"]).pipe(
        Effect.provide(Layer.merge(handlers, HttpServer.layerServices))
      )
      for (const error of errors) {
        const back = yield* Effect.flip(client.permissions.list({ params: { tag: error._tag } }))
        assert.isTrue(Errors.isPermissionsError(back))
        if (Errors.isPermissionsError(back)) isSame(back, error)
      }
    })
  )
})
