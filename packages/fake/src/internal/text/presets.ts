/** Settings as their user would write them. */
export interface Preset {
  readonly behavior: Readonly<Record<string, unknown>>
  readonly faults?: number
}

const twoKindsOfKey = { keys: [], unknownKeys: "by-prefix" }

export const presets = {
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
} as const satisfies Readonly<Record<string, Preset>>

/**
 * The name of a preset.
 *
 * @category settings
 */
export type PresetName = keyof typeof presets

const names: ReadonlyArray<string> = Object.keys(presets)

export const isPreset = (name: unknown): name is PresetName => typeof name === "string" && names.includes(name)
