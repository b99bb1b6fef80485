/** The keys that the emulator takes. */
import type { Key, Settings } from "@checkpoint-permissions/fake/behavior"
import * as FakeBehavior from "@checkpoint-permissions/fake/behavior"
import type * as Command from "@effect/cli/Command"
import * as Redacted from "effect/Redacted"
import type { config } from "./options.ts"

type KeyFlags = Pick<Command.Command.ParseConfig<typeof config>, "adminKey" | "ordinaryKey" | "readOnlyKey">

/** What is given to a command to call with. */
export interface Given {
  readonly admin: string
  readonly ordinary: string
}

const unnamed: Given = { admin: "sk-admin-emulator", ordinary: "sk-emulator" }

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
export const forCommand = (settings: Settings): { readonly settings: Settings; readonly given: Given } => {
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
