import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Option, Redacted } from "effect"
import { parse } from "yaml"
import { type Flags, forCommand, resolve, withKeys } from "../src/internal/emulator/settings.ts"
import { folder } from "./support/folder.ts"
import { cli, exits } from "./support/inProcess.ts"
import { scoped } from "./support/test.ts"

/** The flags that are given. */
type Some = { readonly [K in keyof Flags]?: Flags[K] extends Option.Option<infer A> ? A : Flags[K] }

const resolving = ({ behavior = [], ...flags }: Some) =>
  resolve({
    behavior,
    preset: Option.fromNullable(flags.preset),
    file: Option.fromNullable(flags.file),
    rate: Option.fromNullable(flags.rate),
    latency: Option.fromNullable(flags.latency),
    faults: Option.fromNullable(flags.faults),
    randomSeed: Option.fromNullable(flags.randomSeed)
  })

const resolved = (flags: Some) => Either.getOrThrowWith(resolving(flags), (line) => new Error(line))

const file = (value: unknown) => ({ named: 'settings file "s.yaml"', value })

describe("settings of the emulator", () => {
  it("flags override a settings file, and that a preset", () => {
    const flags = {
      preset: "production",
      file: file({ behavior: { latency: "1s", regrant: "second" }, faults: 0.5, randomSeed: 3 }),
      behavior: ["regrant=conflict", "rate.burst=3", "defaultLimit=7"]
    } as const
    const { behavior, faults, randomSeed } = resolved(flags)
    assert.deepInclude(behavior, { unknownKeys: "by-prefix", latency: 1000, regrant: "conflict", defaultLimit: 7 })
    assert.deepInclude(behavior?.rate, { requests: 10, per: 60_000, burst: 3, countRefused: true })
    assert.deepInclude(faults, { _tag: "Random", probability: 0.5, seed: 3, consecutive: 2 })
    assert.strictEqual(randomSeed, 3)
    const later = resolved({ ...flags, rate: "2/s", latency: "5ms-10ms", faults: 0.1, randomSeed: 4 })
    assert.deepInclude(later.behavior, { latency: { min: 5, max: 10 }, rate: { requests: 2, per: 1000, burst: 3 } })
    assert.deepInclude(later.faults, { probability: 0.1, seed: 4 })
  })

  it("have latency in the presets flaky and production, and faults in flaky", () => {
    const flaky = resolved({ preset: "flaky" })
    assert.deepStrictEqual(flaky.behavior, { shortPages: "every-other", latency: { min: 0, max: 500 } })
    assert.deepInclude(flaky.faults, { probability: 0.2, consecutive: 2 })
    assert.deepInclude(resolved({ preset: "production" }).behavior, { latency: { min: 200, max: 800 } })
  })

  it("are JSON if they parse, else text", () => {
    const { behavior } = resolved({
      behavior: [
        "repeatEvents=true",
        'checkpoints=["ft:a"]',
        "listingLag=2 minutes",
        'defaultProject="proj_x"',
        "shortPages.seed=4"
      ]
    })
    assert.deepStrictEqual(behavior, {
      repeatEvents: true,
      checkpoints: ["ft:a"],
      listingLag: 120_000,
      defaultProject: "proj_x",
      shortPages: { seed: 4 }
    })
  })

  const keys = (name: "adminKey" | "ordinaryKey", ...texts: ReadonlyArray<string>) => ({
    adminKey: [],
    ordinaryKey: [],
    readOnlyKey: [],
    [name]: texts.map((text) => Redacted.make(text))
  })

  it("take keys of flags and of the file; without any, every key is accepted", () => {
    assert.deepStrictEqual(withKeys({}, keys("adminKey")), {})
    const twoKinds = { keys: [{ key: "sk-1", scopes: [] }], unknownKeys: "by-prefix" } as const
    const named = withKeys(twoKinds, keys("adminKey", "My Admin API Key"))
    assert.deepStrictEqual(named.keys === "any" ? [] : named.keys?.map(({ key, scopes }) => [key, scopes.length]), [
      ["My Admin API Key", 5],
      ["sk-1", 0]
    ])
    assert.strictEqual(named.unknownKeys, "by-prefix")
  })

  it("pass a command one accepted key of each kind", () => {
    assert.deepStrictEqual(forCommand({}).given, { admin: "sk-admin-emulator", ordinary: "sk-emulator" })
    const { given, settings } = forCommand(withKeys({}, keys("adminKey", "sk-admin-mine")))
    assert.deepStrictEqual(given, { admin: "sk-admin-mine", ordinary: "sk-emulator" })
    assert.deepStrictEqual(settings.keys === "any" ? [] : settings.keys?.map(({ key }) => key), [
      "sk-admin-mine",
      "sk-emulator"
    ])
  })
})

describe("emulator --settings", () => {
  it.scoped.each([
    ["behavior: [", /settings file ".*": .*/],
    ["behavior: {regrant: twice}", /settings file ".*": behavior\.regrant: expected "existing"/],
    ["", /settings file ".*": expected an object with behavior/],
    ["a: 1\na: 2", /settings file ".*": Map keys must be unique/]
  ] as const)("%j is refused in one line", ([text, says]) =>
    Effect.gen(function* () {
      const path = (yield* folder).write("settings.yaml", text)
      const { stderr } = yield* exits(2, cli(["emulator", "--settings", path]))
      assert.match(stderr, says)
      assert.match(stderr, /^[^\n]*\n$/)
    })
  )
})

describe("the files for containers", () => {
  const read = (name: string) => readFileSync(new URL(`../../../docs/docker/${name}`, import.meta.url), "utf8")
  const dockerfile = read("Dockerfile")
  const words = (instruction: string): ReadonlyArray<string> =>
    JSON.parse(new RegExp(`^${instruction} (\\[.*\\])$`, "m").exec(dockerfile)?.[1] ?? "[]")
  const [, ...entrypoint] = words("ENTRYPOINT")
  const anyPort = entrypoint.map((word) => (word === "4010" ? "0" : word))

  it.effect.each([
    ["Dockerfile", words("CMD")],
    ["compose.yaml", parse(read("compose.yaml")).services.openai.command],
    ["test_with_testcontainers.py", /with_command\("(.*)"\)/.exec(read("test_with_testcontainers.py"))?.[1]?.split(" ")]
  ])("%s starts an emulator", ([, options]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(anyPort.slice(0, 3), ["emulator", "--host", "0.0.0.0"])
      const { code, stderr, stdout } = yield* cli([...anyPort, ...options, "--until-stdin-ends"])
      assert.deepStrictEqual([code, stderr], [0, ""])
      assert.match(stdout, /^http:\/\/127\.0\.0\.1:\d+\/v1\n$/)
    })
  )
})

describe("emulator --help", () => {
  scoped("shows the presets before the options", function* () {
    const { stdout } = yield* cli(["emulator", "--help"])
    assert.isBelow(stdout.indexOf("\nPresets:"), stdout.indexOf("\nOptions:"))
    assert.match(stdout, /^Usage: checkpoint-permissions emulator \[options\] \[-- <command> …\]$/m)
    for (const preset of ["strict", "flaky", "production", "sdk-tests"]) {
      assert.match(stdout, new RegExp(`^ {2}${preset} `, "m"))
    }
  })
})
