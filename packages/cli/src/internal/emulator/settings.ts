/**
 * The options of the emulator. Its settings come from a preset, a file and flags. Later sources take precedence. Errors
 * name the option.
 */

import * as FakeBehavior from "@checkpoint-permissions/fake/behavior"
import * as FakeEmulator from "@checkpoint-permissions/fake/emulator"
import type * as Host from "@checkpoint-permissions/fake/host"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Record from "effect/Record"
import * as Redacted from "effect/Redacted"
import type { OptionsOf } from "../command/run.ts"
import { accepted, settingMessage } from "../input/document.ts"
import {
  anyNumber,
  flag,
  integer,
  oneOf,
  option,
  optional,
  type Parser,
  parsed,
  repeated,
  text,
  textArgument,
  texts,
  withDefault
} from "../input/option.ts"
import { type Fields, isFields, parseJson } from "../server/body.ts"

const probability = (text: string): number | undefined =>
  /^\d{1,15}(?:\.\d{1,15})?$/.test(text) && Number(text) <= 1 ? Number(text) : undefined

const secret = parsed(
  (text) => (/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text) ? Redacted.make(text) : undefined),
  "not allowed in a header: pass printable ASCII without white space at either end"
)

const keyOption = (name: string, description: string) => repeated(name, "key", secret, description)

const behaviorSetting =
  (name: "rate" | "latency"): Parser<string> =>
  (text) =>
    Either.mapBoth(
      accepted(() => FakeEmulator.parseSettings({ behavior: { [name]: text } })),
      { onLeft: ({ reason }) => reason, onRight: () => text }
    )

export const config = {
  preset: option(
    "preset",
    "name",
    oneOf(Record.keys(FakeEmulator.presets), "not a preset: pass strict, flaky, production or sdk-tests")
  ).pipe(optional("The initial settings: one of the presets above.")),
  settings: text("settings", "file").pipe(optional("Behavior, faults and randomSeed, in YAML or JSON.")),
  rate: option("rate", "rate", behaviorSetting("rate")).pipe(
    optional("The quota of each operation, such as 10/minute.")
  ),
  latency: option("latency", "time", behaviorSetting("latency")).pipe(
    optional("The time of each call: 300ms, or 100ms-2s.")
  ),
  faults: option(
    "faults",
    "probability",
    parsed(probability, "not a probability: pass a number from 0 to 1, such as 0.2")
  ).pipe(optional("The share of calls with a fault, such as 0.2.")),
  randomSeed: option("random-seed", "number", parsed(integer({}), "not a seed: pass a whole number, such as 7")).pipe(
    optional("The seed of random faults and latencies (default 0).")
  ),
  behavior: texts("behavior", "setting", "Any setting: regrant=conflict, rate.burst=3."),
  seedFile: text("seed-file", "file").pipe(optional('The initial permissions: {"<checkpoint>": ["<project>", …]}.')),
  adminKey: keyOption("admin-key", "A key with all scopes. Without keys, any key is accepted."),
  ordinaryKey: keyOption("ordinary-key", "A key without scopes."),
  readOnlyKey: keyOption("read-only-key", "A key that can list only."),
  port: option(
    "port",
    "number",
    parsed(integer({ from: 0, to: 65_535 }), "not a port: pass a number from 0 (any that is free) to 65535")
  ).pipe(withDefault(0, "The port (default 0: any free port).")),
  host: text("host", "address").pipe(withDefault("127.0.0.1", "The address to listen on (default 127.0.0.1).")),
  controlToken: option("control-token", "token", secret).pipe(
    optional("The bearer token of the control routes under /__fake.")
  ),
  noControl: flag("no-control", "Disable the control routes under /__fake."),
  urlFile: text("url-file", "file").pipe(optional("Write the base URL here when the server is ready.")),
  untilStdinEnds: flag("until-stdin-ends", "Stop when standard input ends, as when the parent process exits."),
  command: anyNumber(textArgument("command", "After --: a command to run with OPENAI_BASE_URL and keys set."))
}

export interface Flags extends Pick<OptionsOf<typeof config>, "faults" | "latency" | "preset" | "randomSeed" | "rate"> {
  readonly behavior: ReadonlyArray<string>
  readonly file: Option.Option<{ readonly named: string; readonly value: unknown }>
}

const setPath = (fields: Fields, [name = "", ...rest]: ReadonlyArray<string>, value: unknown): Fields => {
  const { [name]: before } = fields
  return { ...fields, [name]: rest.length === 0 ? value : setPath(isFields(before) ? before : {}, rest, value) }
}

interface Setting {
  /** The path of the setting, for example `rate.burst`. */
  readonly name: string
  readonly value: unknown
}

const settingOf = (text: string): Either.Either<Setting, string> => {
  const at = text.indexOf("=")
  const [name, valueText] = [text.slice(0, at), text.slice(at + 1)]
  return at < 1 || name.split(".").includes("")
    ? Either.left("--behavior: expected <name>=<value>, such as regrant=conflict or rate.burst=3")
    : Either.right({ name, value: parseJson(valueText) ?? valueText })
}

/** Returns the settings, or one line with the invalid setting and its valid values. */
export const resolve = (flags: Flags): Either.Either<Host.Options, string> =>
  Either.gen(function* () {
    const { faults, latency, randomSeed, rate } = flags
    const ofPreset = Option.match(flags.preset, { onNone: () => ({}), onSome: FakeEmulator.ofPreset })
    const { named, value } = Option.getOrElse(flags.file, () => ({ named: "", value: {} }))
    const ofFile = yield* Either.mapLeft(
      accepted(() => FakeEmulator.parseSettings(value, ofPreset)),
      (error) => `${named}: ${settingMessage(error)}`
    )
    const before = FakeEmulator.parseSettings(
      { behavior: Record.getSomes({ latency, rate }), ...Record.getSomes({ faults, randomSeed }) },
      ofFile
    )
    const settings = yield* Either.all(flags.behavior.map(settingOf))
    const behavior = settings.reduce<Fields>(
      (fields, { name, value }) => setPath(fields, name.split("."), value),
      FakeEmulator.formatBehavior({ ...before.behavior })
    )
    return yield* Either.mapLeft(
      accepted(() => FakeEmulator.parseSettings({ behavior }, before)),
      ({ field, reason }) => {
        const [, setting = ""] = /^behavior\.(\w+)/.exec(field) ?? []
        const name = settings.findLast(({ name }) => name.split(".")[0] === setting)?.name ?? settings.at(-1)?.name
        const inner = field.replace(/^behavior\./, "")
        return `--behavior ${name}: ${inner === name ? "" : `${inner}: `}${reason}`
      }
    )
  })

type KeyFlags = Pick<OptionsOf<typeof config>, "adminKey" | "ordinaryKey" | "readOnlyKey">

export interface Keys {
  readonly admin: string
  readonly ordinary: string
}

const defaultKeys: Keys = { admin: "sk-admin-emulator", ordinary: "sk-emulator" }

/** Returns the settings with the keys of the flags. A flag takes precedence over a setting. */
export const withKeys = (settings: FakeBehavior.Settings, flags: KeyFlags): FakeBehavior.Settings => {
  const named: ReadonlyArray<FakeBehavior.Key> = [
    ...flags.adminKey.map((key) => FakeBehavior.adminKey(Redacted.value(key))),
    ...flags.ordinaryKey.map((key) => FakeBehavior.ordinaryKey(Redacted.value(key))),
    ...flags.readOnlyKey.map((key) => FakeBehavior.readOnlyKey(Redacted.value(key)))
  ]
  const { keys = "any" } = settings
  return named.length === 0 ? settings : { ...settings, keys: [...named, ...(keys === "any" ? [] : keys)] }
}

/** Returns a key of each kind for a command: a key from the settings, or an added one. */
export const forCommand = (
  settings: FakeBehavior.Settings
): { readonly settings: FakeBehavior.Settings; readonly given: Keys } => {
  const { keys = "any" } = settings
  if (keys === "any") return { settings, given: defaultKeys }
  const admin =
    keys.find(({ scopes }) => scopes.includes("api.fine_tuning.checkpoints.write")) ??
    FakeBehavior.adminKey(defaultKeys.admin)
  const ordinary = keys.find(({ scopes }) => scopes.length === 0) ?? FakeBehavior.ordinaryKey(defaultKeys.ordinary)
  return {
    settings: { ...settings, keys: [...new Set([...keys, admin, ordinary])] },
    given: { admin: admin.key, ordinary: ordinary.key }
  }
}
