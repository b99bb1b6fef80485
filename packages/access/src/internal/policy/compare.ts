import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { byProject } from "@checkpoint-permissions/protocol/writes"
import type { ResolvedEntry } from "./entry.ts"
import { endedBy } from "./resolve.ts"

/** The access of one project to a checkpoint, by the policy's entry and a listing. */
export interface Compared<P> {
  readonly project: ProjectId
  /**
   * `kept` is in both. `missing` is only in the entry, `unwanted` only in the listing, and so is `other` in the mode
   * `at-least`. The last day of `ended` has passed. `owner` is the policy's owner.
   */
  readonly kind: "kept" | "missing" | "unwanted" | "other" | "ended" | "owner"
  /** Oldest first. The others of a kept project are duplicates. */
  readonly permissions: ReadonlyArray<P>
}

/**
 * Compares a policy's entry with the permissions of its checkpoint on a day: listed projects in the order of the
 * listing, then those that only the entry has. Plan, drift and review are views of the result.
 */
export const compare = <P extends { readonly id: string; readonly project_id: ProjectId; readonly created_at: number }>(
  { ends, mode, owner, projects }: ResolvedEntry,
  permissions: ReadonlyArray<P>,
  day: string
): ReadonlyArray<Compared<P>> => {
  const present = byProject(permissions)
  const ended = endedBy(ends, day)
  const wanted = new Set<string>(projects)
  const kindOf = (project: ProjectId): Compared<P>["kind"] => {
    if (project === owner) return "owner"
    if (ended.has(project)) return "ended"
    if (wanted.has(project)) return "kept"
    return mode === "exact" ? "unwanted" : "other"
  }
  const absent = projects.filter((project) => !present.has(project) && !ended.has(project))
  return [
    ...Array.from(present.values(), (all): Compared<P> => {
      const [{ project_id: project }] = all
      return { project, kind: kindOf(project), permissions: all }
    }),
    ...absent.map((project): Compared<P> => {
      return { project, kind: project === owner ? "owner" : "missing", permissions: [] }
    })
  ]
}
