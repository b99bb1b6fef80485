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
    ["adminKey", "a key that no header can carry", { adminKey: Redacted.make(`${key}\r\nx-evil: 1`) }],
    ["timeout", "not a time", { timeout: "soon" }],
    ["timeout", "null", { timeout: null }],
    ["timeout", "for ever", { timeout: Duration.infinity }],
    ["retry", "a schedule without a cap", { retry: { schedule: Schedule.forever } }],
    ["pacing", "what is no pacing", { pacing: "adaptive" }],
    ["pacing", "a rate of no time", { pacing: Pacing.fixed({ requests: 10, per: 0 }) }],
    ["baseUrl", "an option of another library", { baseUrl: "https://example.com/v1" }]
  ]
  const layer = (options: object) => CheckpointPermissions.layer(options as CheckpointPermissions.Options)

  it.effect.each(refused)("%s: %s", ([field, , options]) =>
    Effect.gen(function* () {
      const all = { adminKey: Redacted.make(key), ...options }
      const error = yield* Effect.flip(Effect.provide(permissions, layer(all)))
      assert.instanceOf(error, PermissionsError.InvalidInputError)
      assert.deepInclude({ ...error }, { operation: "make", field, mayHaveExecuted: false })
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
  const names = ["list", "retrieve", "pages", "stream", "create", "delete"] as const
  const wrong: ReadonlyArray<readonly [field: string, what: string, (service: Loose) => ReturnType<Loose["list"]>]> = [
    ...[undefined, {}, Symbol("ft:a"), "sk-proj-abcdefghijklmnop"].flatMap((odd) =>
      names.map(
        (name) => ["checkpoint", `${String(odd)} to ${name}`, (to: Loose) => to[name](odd, ["proj_a"])] as const
      )
    ),
    ["projectIds", "a set", (service) => service.create(checkpoint, new Set(["proj_a"]))],
    ["permissionId", "nothing", (service) => service.delete(checkpoint, undefined)],
    ["params", "null", (service) => service.pages(checkpoint, null)],
    ["limit", "a getter that throws", (service) => service.list(checkpoint, throwing)]
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
      const expected = { url: mine.MY_URL, key: "sk-mine", organization: "org-config", project: undefined }
      for (const env of [mine, { ...all, ...mine }]) {
        assert.deepStrictEqual(yield* Effect.provide(sent, withEnvironment(env, given)), expected)
      }
      const named = { organizationId: Config.string("OPENAI_ORG_ID") }
      const ofOrganization = { key: "sk-admin-env", organization: "org-env" }
      assert.deepInclude(yield* Effect.provide(sent, withEnvironment(all, named)), ofOrganization)
    })
  )

  it.effect("takes other options", () =>
    Effect.gen(function* () {
      yield* collect((yield* permissions).stream(checkpoint))
      assert.strictEqual((yield* (yield* server).requests)[0]?.query["limit"], "7")
    }).pipe(Effect.provide(withEnvironment(all, { pageSize: 7 })))
  )

  it.effect.each([
    ["OPENAI_ADMIN_KEY", { OPENAI_ORG_ID: "org-env" }, undefined],
    ["OPENAI_ADMIN_KEY", { OPENAI_ADMIN_KEY: "" }, undefined],
    ["MY_KEY", all, { adminKey: Config.redacted("MY_KEY") }]
  ] as const)("fails with ConfigError that names %s when the key is missing: %j", ([name, env, options]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.provide(permissions, withEnvironment(env, options)))
      assert.isTrue(ConfigError.isConfigError(error))
      for (const text of [error.message, String(error)]) {
        assert.include(text, name)
        assert.notInclude(text, "<redacted>")
      }
    })
  )

  it.effect.each<readonly [string, Record<string, string>, CheckpointPermissions.ConfigOptions?]>([
    ["OPENAI_ADMIN_KEY", { OPENAI_ADMIN_KEY: "sk-admin-env\n" }],
    ["OPENAI_BASE_URL", { OPENAI_BASE_URL: "api.openai.com/v1" }],
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
