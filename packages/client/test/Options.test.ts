import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { PermissionsError } from "@checkpoint-permissions/core"
import { FakePermissions } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import {
  Cause,
  Config,
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
import { checkpoint, key, onFake, permissions, server } from "./support/setup.ts"

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
    ["pacing", "a pacing without make", { pacing: {} }],
    ["pacing", "a rate of no time", { pacing: Pacing.fixed({ requests: 10, per: 0 }) }],
    ["baseUrl", "an option of another library", { baseUrl: "https://example.com/v1" }]
  ]
  const layer = (options: object) => CheckpointPermissions.layer(options as CheckpointPermissions.Options)

  it.effect.each(refused)("%s: %s", ([field, , options]) =>
    Effect.gen(function* () {
      const all = { adminKey: Redacted.make(key), ...options }
      const error = yield* Effect.flip(Effect.provide(permissions, layer(all)))
      assert.instanceOf(error, PermissionsError.InvalidInputError)
      assert.deepInclude({ ...error }, { operation: "make", field })
      assert.isFalse(error.mayHaveExecuted)
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

it.effect("names each of several variables for the key, and says what to do", () =>
  Effect.gen(function* () {
    const adminKey = Config.orElse(Config.redacted("MINE"), () => Config.redacted("YOURS"))
    const error = yield* CheckpointPermissions.server.pipe(
      Effect.provide(CheckpointPermissions.layerConfig({ adminKey }).pipe(Layer.provide(FakePermissions.layer()))),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map())),
      Effect.flip
    )
    assert.include(String(error), "MINE is not set")
    assert.include(String(error), "YOURS is not set")
  })
)
