import type { Options } from "../../host.ts"
import { assertOrganization, assertSeed, type Organization, type Seed } from "../../seed.ts"
import * as Check from "../checks.ts"
import { isRecord } from "../checks.ts"
import * as Behavior from "./behavior.ts"
import * as Faults from "./faults.ts"

/**
 * Settings in the form of a settings file.
 *
 * @category settings
 */
export interface Preset {
  readonly behavior: Readonly<Record<string, unknown>>
  readonly faults?: number
}

/**
 * The name of a preset.
 *
 * @category settings
 */
export type PresetName = "strict" | "flaky" | "production" | "sdk-tests"

const twoKindsOfKey = { keys: [], unknownKeys: "by-prefix" }

/**
 * Settings for one purpose each, in the form of a settings file.
 *
 * - `strict`: refuses every request that a server may refuse; two kinds of key
 * - `flaky`: one request in five has a fault after which a correct client succeeds; short pages, latency
 * - `production`: ten calls a minute for each operation, latency; two kinds of key
 * - `sdk-tests`: for the official SDKs' own tests of these routes
 *
 * @category settings
 */
export const presets: Readonly<Record<PresetName, Preset>> = {
  strict: {
    behavior: {
      regrant: "conflict",
      overLimit: "bad-request",
      unknownAfter: "bad-request",
      deleteGone: "not-found",
      unknownCheckpoints: "not-found",
      ...twoKindsOfKey
    }
  },
  flaky: {
    behavior: { shortPages: "every-other", latency: "0ms-500ms" },
    faults: 0.2
  },
  production: {
    behavior: {
      rate: { requests: 10, per: "1 minute", burst: 10, scope: "endpoint", countRefused: true, headers: "none" },
      latency: "200ms-800ms",
      ...twoKindsOfKey
    }
  },
  "sdk-tests": {
    behavior: {
      keys: "any",
      underLimit: "default",
      deleteGone: "deleted-true",
      unknownAfter: "empty-page",
      unknownJobs: "empty-page"
    }
  }
}

const names: ReadonlyArray<string> = Object.keys(presets)

const isPreset = (name: unknown): name is PresetName => typeof name === "string" && names.includes(name)

/**
 * Reads the permissions of a seed file, and the organization in it if there is one:
 * `{"<checkpoint>": ["<project>", …], …}`, and under `organization` an object of projects, models, jobs and model
 * permissions. Throws `InvalidSetting`.
 *
 * @category settings
 */
export const parseSeed = (value: unknown): { readonly seed: Seed; readonly organization: Organization | undefined } => {
  const { organization, ...permissions } = isRecord(value) ? value : {}
  // a list is the permissions of a checkpoint with that name
  const isSection = isRecord(organization)
  const seed: unknown = isSection ? permissions : value
  assertSeed(seed)
  if (!isSection) return { seed, organization: undefined }
  assertOrganization(organization, "seed.organization")
  return { seed, organization }
}

/** The fields of a settings file. `$schema` is for editors. */
const fields = {
  $schema: Check.anything,
  behavior: Check.anything,
  faults: Check.anything,
  randomSeed: Check.anyInteger
}

const settingsCheck = Check.struct("an object with behavior, faults or randomSeed", { optional: fields })

const serverCheck = Check.struct("an object with a seed and settings", {
  optional: {
    preset: Check.oneOf(...Object.keys(presets)),
    seed: Check.anything,
    organization: Check.anything,
    ...fields
  }
})

/** Returns a plan with the seed of the server, if its seed was that of the server before. */
const reseeded = ({ faults, randomSeed = 0 }: Options, seed: number): Options["faults"] =>
  faults?._tag === "Random" && faults.seed === randomSeed ? { ...faults, seed } : faults

/** Adds settings to the options of a server. */
const merged = (base: Options, value: Readonly<Record<string, unknown>>): Options => {
  const { behavior, faults, randomSeed } = value
  const seed = typeof randomSeed === "number" ? randomSeed : base.randomSeed
  return {
    ...base,
    randomSeed: seed,
    behavior: behavior === undefined ? base.behavior : { ...base.behavior, ...Behavior.parse(behavior, "behavior") },
    faults: faults === undefined ? reseeded(base, seed ?? 0) : Faults.parsePlan(faults, "faults", seed ?? 0)
  }
}

/**
 * Returns the options of a preset.
 *
 * @category settings
 */
export const ofPreset = (name: PresetName): Options => merged({}, { ...presets[name] })

/**
 * Reads the settings of a file on top of `base`: an object with `behavior`, `faults` and `randomSeed`. Throws
 * `InvalidSetting`.
 *
 * @category settings
 */
export const parseSettings = (value: unknown, base: Options = {}): Options =>
  merged(base, Check.fieldsOf(settingsCheck, value, ""))

/** Reads the options of a separate server on top of `base`. Throws `InvalidSetting`. */
export const parseServer = (value: unknown, base: Options): Options => {
  const { organization, preset, seed, ...settings } = Check.fieldsOf(serverCheck, value, "")
  const { behavior: _behavior, faults: _faults, ...rest } = base
  const options = merged(isPreset(preset) ? merged(rest, { ...presets[preset] }) : base, settings)
  const data = seed === undefined ? undefined : parseSeed(seed)
  if (organization !== undefined) assertOrganization(organization)
  return {
    ...options,
    seed: data?.seed ?? options.seed,
    organization: organization ?? data?.organization ?? (data === undefined ? options.organization : undefined)
  }
}
