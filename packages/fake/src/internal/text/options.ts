import type { Options } from "../../host.ts"
import { assertOrganization } from "../../seed.ts"
import * as Check from "../checks.ts"
import * as Behavior from "./behavior.ts"
import * as Faults from "./faults.ts"
import type { PresetName } from "./presets.ts"
import { isPreset, presets } from "./presets.ts"
import { parseSeed } from "./seed.ts"

/** `$schema` is for editors, `parity` is what `parity --record` says of each setting. */
const fields = {
  $schema: Check.anything,
  parity: Check.anything,
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

/** The plan before, from another seed if it was that of the server. */
const reseeded = ({ faults, randomSeed = 0 }: Options, seed: number): Options["faults"] =>
  faults?._tag === "Random" && faults.seed === randomSeed ? { ...faults, seed } : faults

/** Adds settings to what a server would begin with. */
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
 * What a preset stands for.
 *
 * @category settings
 */
export const ofPreset = (name: PresetName): Options => merged({}, { ...presets[name] })

/**
 * The settings of a file, on top of `base`: an object with `behavior`, `faults` and `randomSeed`. Throws
 * `InvalidSetting`.
 *
 * @category settings
 */
export const parseSettings = (value: unknown, base: Options = {}): Options =>
  merged(base, Check.fieldsOf(settingsCheck, value, ""))

/** A server of its own: what is left out is as in `base`. Throws `InvalidSetting`. */
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
