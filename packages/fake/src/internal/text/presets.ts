/**
 * Settings as their user would write them.
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
 * Settings for one purpose each, as their user would write them.
 *
 * - `strict`: what can be refused is; two kinds of key
 * - `flaky`: one request in five meets a fault that a correct client survives; short pages, latency
 * - `production`: ten calls a minute for each operation, latency; two kinds of key
 * - `sdk-tests`: what the official SDKs' own tests of these routes need
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

export const isPreset = (name: unknown): name is PresetName => typeof name === "string" && names.includes(name)
