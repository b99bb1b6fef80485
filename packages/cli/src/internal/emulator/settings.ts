/** What the emulator begins with: a preset, then a file, then flags; the later wins. */

import type { Key, Settings } from "@checkpoint-permissions/fake/behavior"
import * as FakeBehavior from "@checkpoint-permissions/fake/behavior"
import * as FakeEmulator from "@checkpoint-permissions/fake/emulator"
import type { Options } from "@checkpoint-permissions/fake/host"
import type * as Command from "@effect/cli/Command"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type { Given } from "../help/described.ts"
import { accepted, explained } from "../input/fakeFiles.ts"
import type { config } from "./options.ts"

export interface Flags extends Pick<Given<typeof config>, "faults" | "latency" | "preset" | "randomSeed" | "rate"> {
  /** Each as `name=value`. */
  readonly behavior: ReadonlyArray<string>
  /** The value of the settings file, and how errors name it. */
  readonly file: Option.Option<{ readonly named: string; readonly value: unknown }>
}

type Fields = Readonly<Record<string, unknown>>

/** JSON if it parses, else the text itself. */
const parsedValue = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** None of what has none. */
const fieldsOf = (value: unknown): Fields => (Predicate.isReadonlyRecord(value) ? value : {})

/** With the value at the end of the path. */
const placed = (fields: Fields, [name = "", ...rest]: ReadonlyArray<string>, value: unknown): Fields => ({
  ...fields,
  [name]: rest.length === 0 ? value : placed(fieldsOf(fields[name]), rest, value)
})

interface Setting {
  /** Such as `rate.burst`. */
  readonly name: string
  readonly path: ReadonlyArray<string>
  readonly value: unknown
}

const settingOf = (text: string): Setting | undefined => {
  const at = text.indexOf("=")
  const name = text.slice(0, at)
  return at < 1 || name.split(".").includes("")
    ? undefined
    : { name, path: name.split("."), value: parsedValue(text.slice(at + 1)) }
}

/** The fields that are given. */
const given = (fields: Readonly<Record<string, Option.Option<unknown>>>): Fields =>
  Object.fromEntries(Object.entries(fields).flatMap(([name, value]) => Option.toArray(value).map((one) => [name, one])))

/** The settings, or one line that says which of them makes no sense and what would do. */
export const resolve = (flags: Flags): Either.Either<Options, string> =>
  Either.gen(function* () {
    const { faults, latency, randomSeed, rate } = flags
    const ofPreset = Option.match(flags.preset, { onNone: () => ({}), onSome: FakeEmulator.ofPreset })
    const ofFile = yield* Option.match(flags.file, {
      onNone: () => Either.right(ofPreset),
      onSome: ({ named, value }) =>
        Either.mapLeft(
          accepted(() => FakeEmulator.parseSettings(value, ofPreset)),
          (error) => `${named}: ${explained(error)}`
        )
    })
    const before = FakeEmulator.parseSettings(
      { behavior: given({ latency, rate }), ...given({ faults, randomSeed }) },
      ofFile
    )
    const settings: Array<Setting> = []
    for (const text of flags.behavior) {
      const setting = settingOf(text)
      if (setting === undefined) {
        return yield* Either.left("--behavior: expected <name>=<value>, such as regrant=conflict or rate.burst=3")
      }
      settings.push(setting)
    }
    const behavior = settings.reduce<Fields>(
      (fields, { path, value }) => placed(fields, path, value),
      FakeEmulator.formatBehavior({ ...before.behavior })
    )
    return yield* Either.mapLeft(
      accepted(() => FakeEmulator.parseSettings({ behavior }, before)),
      ({ field, reason }) => {
        const [, setting = ""] = /^behavior\.(\w+)/.exec(field) ?? []
        const named = settings.findLast(({ path }) => path[0] === setting)?.name ?? settings.at(-1)?.name
        const inner = field.replace(/^behavior\./, "")
        return `--behavior ${named}: ${inner === named ? "" : `${inner}: `}${reason}`
      }
    )
  })

type KeyFlags = Pick<Command.Command.ParseConfig<typeof config>, "adminKey" | "ordinaryKey" | "readOnlyKey">

/** What is given to a command to call with. */
export interface Keys {
  readonly admin: string
  readonly ordinary: string
}

const unnamed: Keys = { admin: "sk-admin-emulator", ordinary: "sk-emulator" }

/** A key that a flag names is what the flag says; those of the settings stay. */
export const withKeys = (settings: Settings, flags: KeyFlags): Settings => {
  const named: ReadonlyArray<Key> = [
    ...flags.adminKey.map((key) => FakeBehavior.adminKey(Redacted.value(key))),
    ...flags.ordinaryKey.map((key) => FakeBehavior.ordinaryKey(Redacted.value(key))),
    ...flags.readOnlyKey.map((key) => FakeBehavior.readOnlyKey(Redacted.value(key)))
  ]
  const { keys = "any" } = settings
  return named.length === 0 ? settings : { ...settings, keys: [...named, ...(keys === "any" ? [] : keys)] }
}

/** A key of each kind that is taken: one of those that are named, or one that is added to them. */
export const forCommand = (settings: Settings): { readonly settings: Settings; readonly given: Keys } => {
  const { keys = "any" } = settings
  if (keys === "any") return { settings, given: unnamed }
  const admin = keys.find(({ scopes }) => scopes.length === 2)
  const ordinary = keys.find(({ scopes }) => scopes.length === 0)
  return {
    settings: {
      ...settings,
      keys: [
        ...keys,
        ...(admin === undefined ? [FakeBehavior.adminKey(unnamed.admin)] : []),
        ...(ordinary === undefined ? [FakeBehavior.ordinaryKey(unnamed.ordinary)] : [])
      ]
    },
    given: { admin: admin?.key ?? unnamed.admin, ordinary: ordinary?.key ?? unnamed.ordinary }
  }
}
