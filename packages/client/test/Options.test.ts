import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { PermissionsError } from "@checkpoint-permissions/core"
import { FakePermissions } from "@checkpoint-permissions/testing"
import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Config, ConfigError, ConfigProvider, Duration, Effect, Layer, Redacted, Stream } from "effect"
import {
  checkpoint,
  collect,
  key,
  onFake,
  permission,
  permissions,
  project,
  server,
  unchecked
} from "./support/setup.ts"

const adminKey = Redacted.make(key)

const refusalOf = (options: unknown) =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(CheckpointPermissions.make(options as CheckpointPermissions.Options))
    assert.instanceOf(error, PermissionsError.InvalidInputError)
    assert.strictEqual(error.operation, "make")
    assert.isFalse(error.isRetryable)
    assert.isFalse(error.mayHaveExecuted)
    assert.notInclude(error.message, "\n")
    assert.isAbove(error.reason.length, 10)
    return error
  }).pipe(Effect.provide(FakePermissions.layer()))

describe("an option is refused by name", () => {
  const refused: ReadonlyArray<readonly [field: string, what: string, options: Record<string, unknown>]> = [
    ["adminKey", "no key", { adminKey: undefined }],
    ["adminKey", "a key in the clear", { adminKey: key }],
    ["adminKey", "an empty key", { adminKey: Redacted.make("") }],
    ["adminKey", "a key that is not a string", { adminKey: Redacted.make(7) }],
    ["adminKey", "white space alone", { adminKey: Redacted.make("  ") }],
    ["adminKey", "a space before the key", { adminKey: Redacted.make(` ${key}`) }],
    ["adminKey", "a space in the key", { adminKey: Redacted.make("sk admin") }],
    ["adminKey", "a line break after the key", { adminKey: Redacted.make(`${key}\n`) }],
    ["adminKey", "a header smuggled into the key", { adminKey: Redacted.make(`${key}\r\nx-evil: 1`) }],
    ["adminKey", "a tab in the key", { adminKey: Redacted.make("sk\tadmin") }],
    ["adminKey", "a no-break space in the key", { adminKey: Redacted.make(`${key}\u00a0`) }],
    ["adminKey", "a zero-width space in the key", { adminKey: Redacted.make(`${key}\u200b`) }],
    ["adminKey", "a control character in the key", { adminKey: Redacted.make(`${key}\u0000`) }],
    ["adminKey", "a key that is not ASCII", { adminKey: Redacted.make("sk-ädmin") }],
    ["apiUrl", "an empty URL", { apiUrl: "" }],
    ["apiUrl", "a URL that is not a string", { apiUrl: 7 }],
    ["apiUrl", "no scheme", { apiUrl: "api.openai.com/v1" }],
    ["apiUrl", "no scheme but a port", { apiUrl: "localhost:8080/v1" }],
    ["apiUrl", "a relative scheme", { apiUrl: "//api.openai.com/v1" }],
    ["apiUrl", "another scheme", { apiUrl: "ftp://api.openai.com/v1" }],
    ["apiUrl", "a file", { apiUrl: "file:///etc/passwd" }],
    ["apiUrl", "a scheme alone", { apiUrl: "https://" }],
    ["apiUrl", "a host that is none", { apiUrl: "https://exa mple.com" }],
    ["apiUrl", "a port that is none", { apiUrl: "https://example.com:99999/v1" }],
    ["apiUrl", "user info", { apiUrl: "https://user:secret@api.openai.com/v1" }],
    ["apiUrl", "a user without a password", { apiUrl: "https://user@api.openai.com/v1" }],
    ["apiUrl", "a loopback address as user info", { apiUrl: "http://127.0.0.1@evil.com/v1" }],
    ["apiUrl", "a loopback address and port as user info", { apiUrl: "http://localhost:80@evil.com/v1" }],
    ["apiUrl", "a query", { apiUrl: "https://api.openai.com/v1?x=1" }],
    ["apiUrl", "an empty query", { apiUrl: "https://api.openai.com/v1?" }],
    ["apiUrl", "a fragment", { apiUrl: "https://api.openai.com/v1#x" }],
    ["apiUrl", "a space after it", { apiUrl: "https://api.openai.com/v1 " }],
    ["apiUrl", "a space before it", { apiUrl: " https://api.openai.com/v1" }],
    ["apiUrl", "a line break in it", { apiUrl: "https://api.openai.com\n.evil.com/v1" }],
    ["apiUrl", "a line break in its scheme", { apiUrl: "ht\ntps://evil.com/v1" }],
    ["apiUrl", "a tab in it", { apiUrl: "https://api.openai.com/\tv1" }],
    ["apiUrl", "backslashes", { apiUrl: "https:\\\\evil.com" }],
    ["apiUrl", "a backslash after the host", { apiUrl: "https://api.openai.com\\@evil.com" }],
    ["apiUrl", "no slashes", { apiUrl: "http:evil.com" }],
    ["apiUrl", "no slashes, with TLS", { apiUrl: "https:evil.com" }],
    ["apiUrl", "one slash", { apiUrl: "http:/evil.com" }],
    ["apiUrl", "plain http", { apiUrl: "http://api.openai.com/v1" }],
    ["apiUrl", "plain http in capitals", { apiUrl: "HTTP://api.openai.com/v1" }],
    ["apiUrl", "plain http to a name that begins like loopback", { apiUrl: "http://127.0.0.1.evil.com/v1" }],
    ["apiUrl", "plain http to a name that ends otherwise", { apiUrl: "http://localhost.evil.com/v1" }],
    ["apiUrl", "plain http to a name that only contains it", { apiUrl: "http://notlocalhost/v1" }],
    ["apiUrl", "plain http to a private address", { apiUrl: "http://192.168.0.1/v1" }],
    ["apiUrl", "plain http to any address", { apiUrl: "http://0.0.0.0/v1" }],
    ["apiUrl", "plain http to an IPv6 address", { apiUrl: "http://[::2]/v1" }],
    ["apiUrl", "plain http to a number that is not loopback", { apiUrl: "http://2130706434.evil.com/v1" }],
    ["apiUrl", "plain http to a full-width look-alike", { apiUrl: "http://loc\u0430lhost/v1" }],
    ["organizationId", "an empty organization", { organizationId: "" }],
    ["organizationId", "a line break", { organizationId: "org-1\r\nx-evil: 1" }],
    ["projectId", "an empty project", { projectId: "" }],
    ["projectId", "white space", { projectId: "proj 1" }],
    ["authHeader", "an empty header name", { authHeader: "" }],
    ["authHeader", "a header name with a colon", { authHeader: "x:y" }],
    ["authHeader", "a header name with a line break", { authHeader: "x\r\ny" }],
    ["authHeader", "a header that means something else", { authHeader: "Host" }],
    ["authHeader", "a header of the body's", { authHeader: "content-length" }],
    ["timeout", "no time", { timeout: 0 }],
    ["timeout", "less than no time", { timeout: -1 }],
    ["timeout", "not a time", { timeout: "soon" }],
    ["timeout", "no number", { timeout: Number.NaN }],
    ["timeout", "for ever", { timeout: Duration.infinity }],
    ["pageSize", "0", { pageSize: 0 }],
    ["pageSize", "negative", { pageSize: -1 }],
    ["pageSize", "a fraction", { pageSize: 1.5 }],
    ["pageSize", "no number", { pageSize: Number.NaN }],
    ["pageSize", "text", { pageSize: "100" }],
    ["pageSize", "infinity", { pageSize: Number.POSITIVE_INFINITY }],
    ["prefetch", "a number", { prefetch: 1 }],
    ["prefetch", "text", { prefetch: "true" }],
    ["timeOut", "a misspelt option", { timeOut: "5 seconds" }],
    ["baseUrl", "an option of another library", { baseUrl: "https://example.com/v1" }],
    ["prefetchPages", "an option that there is not", { prefetchPages: 1 }],
    ["pacing", "no requests", { pacing: Pacing.fixed({ requests: 0, per: "1 minute" }) }],
    ["pacing", "requests that are no number", { pacing: Pacing.fixed({ requests: Number.NaN, per: "1 minute" }) }],
    ["pacing", "a rate of no time", { pacing: Pacing.fixed({ requests: 10, per: 0 }) }],
    ["pacing", "no burst", { pacing: Pacing.fixed({ requests: 10, per: "1 minute", burst: 0 }) }]
  ]

  for (const [field, what, options] of refused) {
    it.effect(`${field}: ${what}`, () =>
      Effect.gen(function* () {
        const error = yield* refusalOf({ adminKey, ...options })
        assert.strictEqual(error.field, field)
        assert.notInclude(error.message, "secret")
      })
    )
  }

  it.effect("with what to do", () =>
    Effect.gen(function* () {
      assert.include((yield* refusalOf({ adminKey: Redacted.make("") })).message, "OPENAI_ADMIN_KEY")
      assert.include((yield* refusalOf({ adminKey: key })).message, "Redacted.make")
      assert.include((yield* refusalOf({ adminKey: Redacted.make(`${key}\n`) })).message, "trim it")
      assert.include((yield* refusalOf({ adminKey, apiUrl: "api.openai.com" })).message, "https://api.openai.com/v1")
      assert.include((yield* refusalOf({ adminKey, apiUrl: "http://example.com" })).message, "allowInsecureHttp")
      assert.include((yield* refusalOf({ adminKey, timeout: 0 })).message, "30 seconds")
    })
  )

  it.effect("by the layer, which then makes no service", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.provide(permissions, onFake({ pageSize: 0 })))
      assert.strictEqual(error._tag, "InvalidInputError")
      assert.strictEqual(error.field, "pageSize")
    })
  )
})

describe("plain http", () => {
  for (const apiUrl of [
    "http://localhost:8080/v1",
    "http://LOCALHOST/v1",
    "http://api.localhost/v1",
    "http://127.0.0.1:8080/v1",
    "http://127.255.0.3/v1",
    "http://127.1/v1",
    "http://[::1]/v1",
    "http://[0:0:0:0:0:0:0:1]:8080/v1"
  ]) {
    it.effect(`goes to ${apiUrl}, which does not leave the machine`, () =>
      Effect.asVoid(CheckpointPermissions.make({ adminKey, apiUrl })).pipe(Effect.provide(FakePermissions.layer()))
    )
  }

  it.effect("goes anywhere when it is allowed", () =>
    Effect.gen(function* () {
      yield* (yield* permissions).list(checkpoint)
      assert.include((yield* (yield* server).requests)[0]?.url, "http://gateway.internal/v1/")
    }).pipe(Effect.provide(onFake({ apiUrl: "http://gateway.internal/v1", allowInsecureHttp: true })))
  )

  it.effect("still takes no user info when it is allowed", () =>
    Effect.gen(function* () {
      const error = yield* refusalOf({ adminKey, apiUrl: "http://a:b@gateway.internal", allowInsecureHttp: true })
      assert.strictEqual(error.field, "apiUrl")
    })
  )
})

describe("input is refused before any request", () => {
  const id512 = "x".repeat(512)
  const ids: ReadonlyArray<readonly [string, unknown]> = [
    ["an empty id", ""],
    ["a dot", "."],
    ["two dots", ".."],
    ["513 characters", `${id512}y`],
    ["a line break", "a\nb"],
    ["a NUL", "a\u0000"],
    ["a space before", " a"],
    ["a space after", "a "],
    ["half a surrogate pair", "\ud800"],
    ["nothing", undefined],
    ["null", null],
    ["a number", 7],
    ["an object", { toString: () => ".." }]
  ]
  type Calls = (
    service: CheckpointPermissions.Service
  ) => ReadonlyArray<Effect.Effect<unknown, PermissionsError.PermissionsError>>

  const refuses = (name: string, field: string, calls: Calls) =>
    it.effect(`${name} (${field})`, () =>
      Effect.gen(function* () {
        for (const call of calls(yield* permissions)) {
          const error = yield* Effect.flip(call)
          assert.instanceOf(error, PermissionsError.InvalidInputError)
          assert.strictEqual(error.field, field)
          assert.isAbove(error.reason.length, 5)
          assert.isFalse(error.isRetryable)
          assert.isFalse(error.mayHaveExecuted)
          assert.notInclude(error.message, "\n")
        }
        assert.deepStrictEqual(yield* (yield* server).requests, [])
      }).pipe(Effect.provide(onFake()))
    )

  for (const [name, id] of [...ids, ["a job checkpoint's own id", "ftckpt_zc4Q7MP6XxulcVzj4MZdwsAB"] as const]) {
    const odd = unchecked.checkpoint(id)
    refuses(name, "checkpoint", (service) => [
      service.list(odd),
      service.retrieve(odd),
      Stream.runDrain(service.pages(odd)),
      Stream.runDrain(service.stream(odd)),
      service.create(odd, [project(1)]),
      service.delete(odd, permission("cp_1"))
    ])
  }
  for (const [name, id] of ids) {
    refuses(name, "permissionId", (service) => [service.delete(checkpoint, unchecked.permission(id))])
    if (id === undefined) continue
    refuses(name, "after", (service) => [
      service.list(checkpoint, { after: unchecked.permission(id) }),
      Stream.runDrain(service.stream(checkpoint, { after: unchecked.permission(id) }))
    ])
    refuses(name, "project_id", (service) => [
      service.list(checkpoint, { project_id: unchecked.project(id) }),
      Stream.runDrain(service.pages(checkpoint, { project_id: unchecked.project(id) }))
    ])
  }
  for (const [name, id] of ids) {
    refuses(name, "projectIds[1]", (service) => [
      service.create(checkpoint, [project(1), unchecked.project(id), project(2)])
    ])
  }
  refuses("no projects", "projectIds", (service) => [service.create(checkpoint, [])])
  for (const [name, list] of [
    ["projects that are no list", "proj_a"],
    ["undefined projects", undefined],
    ["null projects", null],
    ["a set of projects", new Set([project(1)])]
  ] as const) {
    refuses(name, "projectIds", (service) => [service.create(checkpoint, list as never)])
  }
  for (const limit of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "10", null, 2 ** 53]) {
    refuses(`limit ${String(limit)}`, "limit", (service) => [
      service.list(checkpoint, { limit: limit as number }),
      service.retrieve(checkpoint, { limit: limit as number }),
      Stream.runDrain(service.pages(checkpoint, { limit: limit as number })),
      Stream.runDrain(service.stream(checkpoint, { limit: limit as number }))
    ])
  }
  for (const order of ["asc", "desc", "ASCENDING", "", null, 1]) {
    refuses(`order ${String(order)}`, "order", (service) => [
      service.list(checkpoint, { order: order as "ascending" }),
      Stream.runDrain(service.stream(checkpoint, { order: order as "ascending" }))
    ])
  }
  for (const unknown of ["before", "projectId", "Limit", "constructor"]) {
    refuses(`the unknown parameter ${unknown}`, unknown, (service) => [
      service.list(checkpoint, { [unknown]: "x" } as never),
      Stream.runDrain(service.stream(checkpoint, { [unknown]: "x" } as never))
    ])
  }
  for (const params of [7, "limit=1", [], () => 1]) {
    refuses(
      `parameters that are ${typeof params === "object" ? "a list" : `a ${typeof params}`}`,
      "params",
      (service) => [
        service.list(checkpoint, params as never),
        Stream.runDrain(service.stream(checkpoint, params as never))
      ]
    )
  }

  it.effect("with what to do", () =>
    Effect.gen(function* () {
      const service = yield* permissions
      const message = (call: Effect.Effect<unknown, PermissionsError.PermissionsError>) =>
        Effect.map(Effect.flip(call), (error) => error.message)
      assert.include(yield* message(service.list(unchecked.checkpoint("ftckpt_a"))), "pass the model name ft:")
      assert.include(yield* message(service.list(checkpoint, { limit: Number.NaN })), "positive whole number")
      assert.include(yield* message(service.list(checkpoint, { order: "asc" as "ascending" })), '"ascending"')
      assert.include(yield* message(service.create(checkpoint, [])), "at least one project id")
    }).pipe(Effect.provide(onFake()))
  )

  it.effect("ids of 512 characters are taken", () =>
    Effect.gen(function* () {
      const service = yield* permissions
      const long = unchecked.checkpoint(id512)
      yield* service.create(long, [unchecked.project(id512)])
      assert.strictEqual((yield* service.list(long, { project_id: unchecked.project(id512) })).data.length, 1)
      yield* service.list(long, { after: unchecked.permission(id512) }).pipe(Effect.flip)
      yield* service.delete(long, unchecked.permission(id512)).pipe(Effect.flip)
      assert.strictEqual((yield* (yield* server).requests).length, 4)
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

  it.effect("reads key and base URL, and no other variable", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Effect.provide(sent, withEnvironment(all)), {
        url: "https://eu.api.openai.com/v1",
        key: "sk-admin-env",
        organization: undefined,
        project: undefined
      })
    })
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

  it.effect("needs the key alone", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Effect.provide(sent, withEnvironment({ OPENAI_ADMIN_KEY: "sk-admin-env" })), {
        url: "https://api.openai.com/v1",
        key: "sk-admin-env",
        organization: undefined,
        project: undefined
      })
    })
  )

  it.effect("takes empty strings for what is not set", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        yield* Effect.provide(
          sent,
          withEnvironment({ ...all, OPENAI_BASE_URL: "", OPENAI_ORG_ID: "", OPENAI_PROJECT_ID: "" })
        ),
        { url: "https://api.openai.com/v1", key: "sk-admin-env", organization: undefined, project: undefined }
      )
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

  it.effect.each([
    ["OPENAI_ADMIN_KEY", { OPENAI_ADMIN_KEY: " " }],
    ["OPENAI_ADMIN_KEY", { OPENAI_ADMIN_KEY: "sk-admin-env\n" }],
    ["OPENAI_BASE_URL", { OPENAI_BASE_URL: "api.openai.com/v1" }],
    ["OPENAI_BASE_URL", { OPENAI_BASE_URL: "http://api.openai.com/v1" }],
    ["OPENAI_BASE_URL", { OPENAI_BASE_URL: "https://gateway.example/v1" }]
  ] as const)("fails with InvalidInputError that names %s for %j", ([field, env]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.provide(permissions, withEnvironment({ ...all, ...env })))
      assert.instanceOf(error, PermissionsError.InvalidInputError)
      assert.strictEqual(error.field, field)
      assert.notInclude(String(error), "sk-admin-env")
    })
  )
})

describe("transformClient", () => {
  it.effect("sees requests, without the key", () =>
    Effect.gen(function* () {
      const seen: Array<Record<string, string>> = []
      yield* Effect.provide(
        Effect.flatMap(permissions, (service) => service.list(checkpoint)),
        onFake({
          transformClient: HttpClient.tapRequest((request) => Effect.sync(() => seen.push({ ...request.headers })))
        })
      )
      assert.deepStrictEqual(seen, [{ accept: "application/json" }])
    })
  )
})
