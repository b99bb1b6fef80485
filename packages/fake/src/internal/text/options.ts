import type { Options } from "../../host.ts"
import { InvalidSetting } from "../../invalidSetting.ts"
import { assertOrganization } from "../../seed.ts"
import * as Check from "../checks.ts"
import * as Behavior from "./behavior.ts"
import * as Faults from "./faults.ts"
import type { PresetName } from "./presets.ts"
import { isPreset, presets } from "./presets.ts"
import * as Seed from "./seed.ts"

const anything: Check.Check = () => undefined

/** `$schema` is for editors, `parity` is what `parity --record` says of each setting. */
const fields = {
  $schema: anything,
  parity: anything,
  behavior: anything,
  faults: anything,
  randomSeed: Check.anyInteger
}

const settingsCheck = Check.struct("an object with behavior, faults or randomSeed", { optional: fields })

const serverCheck = Check.struct("an object with a seed and settings", {
  optional: { preset: Check.oneOf(...Object.keys(presets)), seed: anything, organization: anything, ...fields }
})

/** The plan before, from another seed if it was that of the server. */
const reseeded = ({ faults, randomSeed = 0 }: Options, seed: number): Options["faults"] =>
  faults?._tag === "Random" && faults.seed === randomSeed ? { ...faults, seed } : faults

/** Adds settings to what a server would begin with. */
const merged = (base: Options, value: Readonly<Record<string, unknown>>, prefix: string): Options => {
  const { behavior, faults, randomSeed } = value
  const seed = typeof randomSeed === "number" ? randomSeed : base.randomSeed
  return {
    ...base,
    randomSeed: seed,
    behavior:
      behavior === undefined ? base.behavior : { ...base.behavior, ...Behavior.parse(behavior, `${prefix}behavior`) },
    faults: faults === undefined ? reseeded(base, seed ?? 0) : Faults.parsePlan(faults, `${prefix}faults`, seed ?? 0)
  }
}

/** What a preset stands for. */
export const ofPreset = (name: PresetName, base: Options = {}): Options => {
  const { behavior: _behavior, faults: _faults, ...rest } = base
  return merged(rest, presets[name], "")
}

/** Adds the settings of a file. Throws `InvalidSetting`. */
export const parseSettings = (value: unknown, base: Options = {}, field = ""): Options => {
  Check.assertValid(settingsCheck, value, field)
  return Check.isRecord(value) ? merged(base, value, field === "" ? "" : `${field}.`) : base
}

/** A server of its own: what is left out is as in `base`. Throws `InvalidSetting`. */
export const parseServer = (value: unknown, base: Options): Options => {
  Check.assertValid(serverCheck, value, "")
  if (!Check.isRecord(value)) throw new InvalidSetting("", "expected an object")
  const { organization, preset, seed } = value
  const options = merged(isPreset(preset) ? ofPreset(preset, base) : base, value, "")
  const data = seed === undefined ? undefined : Seed.parse(seed, "seed")
  if (organization !== undefined) assertOrganization(organization)
  return {
    ...options,
    seed: data?.seed ?? options.seed,
    organization: organization ?? data?.organization ?? (data === undefined ? options.organization : undefined)
  }
}
