/** The projects and checkpoints of an organization, for `discover`, `audit` and other commands that read. */
import * as Inventory from "@checkpoint-permissions/access/Inventory"
import { pluralize, printable } from "@checkpoint-permissions/protocol/text"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { loadPolicy } from "../input/document.ts"
import type { sourceOptions } from "../input/options.ts"
import type { OptionsOf } from "../run.ts"
import * as Screen from "../terminal/screen.ts"
import { loadProjectKeys } from "./key.ts"
import type { Connection } from "./server.ts"

/** Reads the files of the sources. Run it before any request. */
export const loadSources = Effect.fnUntraced(function* ({ file, projectKeys }: OptionsOf<typeof sourceOptions>) {
  const policy = file.length === 0 ? undefined : yield* loadPolicy(file)
  const keys = Option.isSome(projectKeys) ? yield* loadProjectKeys(projectKeys.value) : []
  return { keys, policy }
})

export type Sources = Effect.Effect.Success<ReturnType<typeof loadSources>>

/** Reads the inventory, and prints progress. */
export const inventoryOf = Effect.fnUntraced(function* (
  command: string,
  { keys, policy }: Sources,
  connection: Connection,
  options: Parameters<typeof Inventory.discover>[2] = {}
) {
  const screen = yield* Screen.Screen
  const organization = yield* connection.organizationLists
  const projects = yield* Effect.forEach(keys, ({ key, project }) => connection.projectLists(project, key))
  yield* screen.progress(`${command}: reading projects${options.log === false ? "" : " and the audit log"}`)
  const inventory = yield* Inventory.discover(organization, projects, {
    ...options,
    policy,
    onProject: (done) => screen.progress(`${command}: jobs of ${done} of ${pluralize(keys.length, "project")} read`)
  })
  yield* screen.clear
  return inventory
})

/** Returns the reason why checkpoints may be missing from an inventory, if there is one. */
export const incompleteOf = ({ keys, log }: Inventory.Inventory): string | undefined => {
  const failed = keys.filter((key) => key.failure !== null)
  const named = failed.map((key) => `${printable(key.project)}: ${printable(key.failure ?? "")}`).join("; ")
  const reasons = [
    ...(log?.failure == null ? [] : [`audit log incomplete, other checkpoints may exist: ${printable(log.failure)}`]),
    ...(failed.length === 0 ? [] : [`${pluralize(failed.length, "key")} could not be used (${named})`])
  ]
  return reasons.length === 0 ? undefined : reasons.join("; ")
}

/** Returns the message of a command that found no checkpoint. */
export const nothingKnown = ({ log }: Inventory.Inventory): string =>
  log?.failure == null
    ? "no checkpoint in the audit log: pass checkpoints, --from or --project-keys"
    : `the audit log is off or cannot be read: pass checkpoints, --from or --project-keys (${printable(log.failure)})`

type Checkpoint = Inventory.Inventory["checkpoints"][number]

/** Returns the checkpoints that retire within a time, and the number without a known date. */
export const retiringWithin = (checkpoints: ReadonlyArray<Checkpoint>, within: Option.Option<Duration.Duration>) =>
  Effect.map(DateTime.now, (now) => {
    if (Option.isNone(within)) return { checkpoints, undated: 0 }
    const last = DateTime.formatIsoDateUtc(DateTime.addDuration(now, within.value))
    return {
      checkpoints: checkpoints.filter(({ retires }) => retires !== null && retires <= last),
      undated: checkpoints.filter(({ retires }) => retires === null).length
    }
  })
