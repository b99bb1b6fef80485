import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { PermissionsError } from "@checkpoint-permissions/core"
import { FakePermissions } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import {
  Cause,
  Config,
  ConfigError,
  ConfigProvider,
  Duration,
  Effect,
  Exit,
  Layer,
  Option,
  Redacted,
  Schedule,
  Stream
} from "effect"
import { checkpoint, collect, key, onFake, permissions, server } from "./support/setup.ts"

/** Which options and which input are refused, and why, stands in `protocol/test`; here what only the service can tell. */
describe("an option is refused by name", () => {
  const refused: ReadonlyArray<readonly [field: string, what: string, options: Record<string, unknown>]> = [
    ["adminKey", "no key", { adminKey: undefined }],
    ["adminKey", "a key in the clear", { adminKey: key }],
    ["adminKey", "a key that is not a string", { adminKey: Redacted.make(7) }],
    ["adminKey", "a header smuggled into the key", { adminKey: Redacted.make(`${key}\r\nx-evil: 1`) }],
    ["apiUrl", "user info", { apiUrl: "https://user:secret@api.openai.com/v1" }],
    ["timeout", "less than no time", { timeout: -1 }],
    ["timeout", "no time", { timeout: 0 }],
    ["timeout", "not a time", { timeout: "soon" }],
    ["timeout", "for ever", { timeout: Duration.infinity }],
    ["retry", "a schedule without a cap", { retry: { schedule: Schedule.forever } }],
    ["pacing", "what is no pacing", { pacing: "adaptive" }],
    ["pacing", "requests that are no number", { pacing: Pacing.fixed({ requests: Number.NaN, per: "1 minute" }) }],
    ["pacing", "a rate of no time", { pacing: Pacing.fixed({ requests: 10, per: 0 }) }],
    ["pacing", "no burst", { pacing: Pacing.fixed({ requests: 10, per: "1 minute", burst: 0 }) }],
    ["baseUrl", "an option of another library", { baseUrl: "https://example.com/v1" }]
  ]
  const layer = (options: object) => CheckpointPermissions.layer(options as CheckpointPermissions.Options)

  it.effect.each(refused)("%s: %s", ([field, , options]) =>
    Effect.gen(function* () {
      const all = { adminKey: Redacted.make(key), ...options }
      const error = yield* Effect.flip(Effect.provide(permissions, layer(all)))
      assert.instanceOf(error, PermissionsError.InvalidInputError)
      assert.deepInclude({ ...error }, { operation: "make", field, mayHaveExecuted: false })
      assert.notInclude(error.message, "secret")
      assert.notInclude(error.message, key)
    }).pipe(Effect.provide(FakePermissions.layer()))
  )
})

/** The service as JavaScript sees it. */
type Loose = Record<
  "list" | "retrieve" | "pages" | "stream" | "create" | "delete",
  (...args: ReadonlyArray<unknown>) => Effect.Effect<unknown, unknown> | Stream.Stream<unknown, unknown>
>

describe("wrong input is InvalidInputError before a request", () => {
  const throwing = {
    get limit(): number {
      throw new Error("a getter that throws")
    }
  }
  const wrong: ReadonlyArray<readonly [field: string, what: string, (service: Loose) => ReturnType<Loose["list"]>]> = [
    ...[undefined, null, 7, {}, Symbol("ft:a"), "sk-proj-abcdefghijklmnop"].flatMap((odd) =>
      (["list", "retrieve", "pages", "stream", "create", "delete"] as const).map(
        (name) =>
          ["checkpoint", `${String(odd)} to ${name}`, (service: Loose) => service[name](odd, ["proj_a"])] as const
      )
    ),
    ["projectIds[1]", "a key", (service) => service.create(checkpoint, ["proj_a", "sk-admin-abcdefgh"])],
    ["projectIds", "a text", (service) => service.create(checkpoint, "proj_a")],
    ["projectIds", "a set", (service) => service.create(checkpoint, new Set(["proj_a"]))],
    ["permissionId", "nothing", (service) => service.delete(checkpoint, undefined)],
    ["after", "a project", (service) => service.list(checkpoint, { after: "proj_a" })],
    ["project_id", "a key", (service) => service.pages(checkpoint, { project_id: "sk-admin-abcdefgh" })],
    ["params", "null", (service) => service.list(checkpoint, null)],
    ["params", "text", (service) => service.pages(checkpoint, "10")],
    ["limit", "text", (service) => service.stream(checkpoint, { limit: "10" })],
    ["limit", "a getter that throws", (service) => service.list(checkpoint, throwing)],
    ["order", "the order of other lists", (service) => service.retrieve(checkpoint, { order: "desc" })]
  ]

  it.effect.each(wrong)("%s: %s", ([field, , call]) =>
    Effect.gen(function* () {
      const service = (yield* permissions) as unknown as Loose
      const exit = yield* Effect.suspend(() => {
        const result = call(service)
        return Effect.exit(Effect.isEffect(result) ? result : Stream.runDrain(result))
      })
      const error = Exit.isFailure(exit) ? Option.getOrUndefined(Cause.failureOption(exit.cause)) : undefined
      assert.instanceOf(error, PermissionsError.InvalidInputError)
      assert.strictEqual(error.field, field)
      assert.notMatch(error.message, /\n|sk-(proj|admin)-/)
      assert.deepStrictEqual(yield* (yield* server).requests, [])
    }).pipe(Effect.provide(onFake()))
  )
})

describe("layerConfig", () => {
  const withEnvironment = (env: Record<string, string>, options?: CheckpointPermissions.ConfigOptions) =>
    CheckpointPermissions.layerConfig({ pacing: Pacing.none, ...options }).pipe(
      Layer.provideMerge(FakePermissions.layer()),
      Layer.provide(Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(env)))))
    )
  const sent = Effect.gen(function* () {
    yield* (yield* permissions).list(checkpoint)
    const [request] = yield* (yield* server).requests
    assert.isDefined(request)
    return {
      url: request.url.slice(0, request.url.indexOf("/fine_tuning")),
      key: request.key === undefined ? undefined : Redacted.value(request.key),
      organization: request.headers["openai-organization"],
      project: request.headers["openai-project"]
    }
  })
  const all = {
    OPENAI_ADMIN_KEY: "sk-admin-env",
    OPENAI_BASE_URL: "https://eu.api.openai.com/v1/",
    OPENAI_ORG_ID: "org-env",
    OPENAI_PROJECT_ID: "proj_env"
  }

  const ofKey = { url: "https://api.openai.com/v1", key: "sk-admin-env", organization: undefined, project: undefined }
  it.effect.each([
    ["reads key and base URL, and no other variable", all, { ...ofKey, url: "https://eu.api.openai.com/v1" }],
    ["needs the key alone", { OPENAI_ADMIN_KEY: "sk-admin-env" }, ofKey],
    ["takes an empty base URL for one that is not set", { ...all, OPENAI_BASE_URL: "" }, ofKey]
  ] as const)("%s", ([, env, expected]) =>
    Effect.map(Effect.provide(sent, withEnvironment(env)), (seen) => assert.deepStrictEqual(seen, expected))
  )

  it.effect("takes a base URL of this machine from the environment, and no other unless apiUrl names it", () =>
    Effect.gen(function* () {
      const urlOf = (url: string, options?: CheckpointPermissions.ConfigOptions) =>
        Effect.either(Effect.provide(sent, withEnvironment({ ...all, OPENAI_BASE_URL: url }, options)))
      const local = "http://127.0.0.1:4010/v1"
      assert.deepInclude(yield* Effect.flatten(urlOf(local)), { url: local })
      const gateway = "https://api.openai.com.gateway.example/v1"
      const refused = yield* Effect.flip(Effect.flatten(urlOf(gateway)))
      assert.instanceOf(refused, PermissionsError.InvalidInputError)
      assert.strictEqual(refused.field, "OPENAI_BASE_URL")
      assert.include(refused.message, "pass it as apiUrl")
      assert.deepInclude(yield* Effect.flatten(urlOf(gateway, { apiUrl: Config.string("OPENAI_BASE_URL") })), {
        url: gateway
      })
    })
  )

  it.effect("takes a Config for each, and does not read what is given", () =>
    Effect.gen(function* () {
      const given = {
        adminKey: Config.redacted("MY_KEY"),
        apiUrl: Config.string("MY_URL"),
        organizationId: Config.succeed("org-config"),
        projectId: Config.succeed(undefined)
      }
      const mine = { MY_KEY: "sk-mine", MY_URL: "https://mine.example/v1" }
      assert.deepStrictEqual(yield* Effect.provide(sent, withEnvironment({ ...all, ...mine }, given)), {
        url: "https://mine.example/v1",
        key: "sk-mine",
        organization: "org-config",
        project: undefined
      })
      assert.strictEqual((yield* Effect.provide(sent, withEnvironment(mine, given))).key, "sk-mine")
      assert.deepInclude(
        yield* Effect.provide(sent, withEnvironment(all, { organizationId: Config.string("OPENAI_ORG_ID") })),
        { key: "sk-admin-env", organization: "org-env" }
      )
    })
  )

  it.effect("takes other options", () =>
    Effect.gen(function* () {
      yield* collect((yield* permissions).stream(checkpoint))
      assert.strictEqual((yield* (yield* server).requests)[0]?.query["limit"], "7")
    }).pipe(Effect.provide(withEnvironment(all, { pageSize: 7 })))
  )

  for (const [name, env, options] of [
    ["OPENAI_ADMIN_KEY", { OPENAI_ORG_ID: "org-env" }, undefined],
    ["OPENAI_ADMIN_KEY", { OPENAI_ADMIN_KEY: "" }, undefined],
    ["MY_KEY", all, { adminKey: Config.redacted("MY_KEY") }]
  ] as const) {
    it.effect(`fails with ConfigError that names ${name} when the key is missing: ${JSON.stringify(env)}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(Effect.provide(permissions, withEnvironment(env, options)))
        assert.isTrue(ConfigError.isConfigError(error))
        assert.include(error.message, name)
        assert.notInclude(error.message, "<redacted>")
        assert.include(String(error), name)
      })
    )
  }

  it.effect.each<readonly [string, Record<string, string>, CheckpointPermissions.ConfigOptions?]>([
    ["OPENAI_ADMIN_KEY", { OPENAI_ADMIN_KEY: " " }],
    ["OPENAI_ADMIN_KEY", { OPENAI_ADMIN_KEY: "sk-admin-env\n" }],
    ["OPENAI_BASE_URL", { OPENAI_BASE_URL: "api.openai.com/v1" }],
    ["OPENAI_BASE_URL", { OPENAI_BASE_URL: "http://api.openai.com/v1" }],
    ["OPENAI_BASE_URL", { OPENAI_BASE_URL: "https://gateway.example/v1" }],
    ["apiUrl", {}, { apiUrl: Config.succeed("http://api.openai.com/v1") }]
  ])("fails with InvalidInputError that names %s for %j", ([field, env, options]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.provide(permissions, withEnvironment({ ...all, ...env }, options)))
      assert.instanceOf(error, PermissionsError.InvalidInputError)
      assert.strictEqual(error.field, field)
      assert.notInclude(String(error), "sk-admin-env")
    })
  )
})
