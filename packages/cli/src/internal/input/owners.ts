/** Owners of models: those that the server named, and those that policies and documents state without it. */
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import { printable, printableId } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import * as Screen from "../terminal/screen.ts"

/** An owner with its source. */
interface Named {
  readonly checkpoint: string
  readonly owner?: string | null | undefined
  readonly ownerSource?: "job" | "refusal" | "policy" | null | undefined
}

const isServers = ({ ownerSource }: Named): boolean => ownerSource === "job" || ownerSource === "refusal"

/** Returns the owners that the server named. If several sources name one, `project` takes precedence. */
export const serverOwners = (named: ReadonlyArray<Named>, project?: string): Readonly<Record<string, string>> => {
  const all = named.flatMap((one) =>
    isServers(one) && one.owner != null ? [[one.checkpoint, one.owner] as const] : []
  )
  return Object.fromEntries([...all, ...all.filter(([, owner]) => owner === project)])
}

/** Prints a line for each owner in a policy that is another one than the model's job names. */
export const reportOwners = (
  policies: ReadonlyArray<AccessPolicy.Source>,
  owners: Readonly<Record<string, string>>
) => {
  const known = new Map(Object.entries(owners))
  return Effect.forEach(
    AccessPolicy.statedOwners(policies),
    ({ checkpoint, file = "policy", line, owner }) => {
      const other = known.get(checkpoint)
      return other === undefined || other === owner
        ? Effect.void
        : Screen.warn(
            `${printable(file)}:${line}: owner ${printableId(owner)}, the model's job says ${printableId(other)}`
          )
    },
    { discard: true }
  )
}
