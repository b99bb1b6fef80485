import type { Change } from "./change.ts"

/**
 * The end of an access that a policy requires, from the log.
 *
 * `later` is the number of deletes since that change whose project or checkpoint is unknown. Each may be the end.
 */
export type MissingAccess<C extends Change = Change> =
  /** The newest revoke of a permission of this project at this checkpoint. */
  | { readonly _tag: "Revoked"; readonly change: C; readonly later: number }
  /** The newest grant, which is not older than the newest revoke and has no delete. */
  | { readonly _tag: "NotRevoked"; readonly change: C; readonly later: number }
  | { readonly _tag: "NotGranted"; readonly later: number }

/**
 * Returns the end of a project's access to a checkpoint, from changes in the order of `join`. Deletes are matched by
 * the id of their permission, never by time.
 */
export const missingAccess = <C extends Change>(
  changes: ReadonlyArray<C>,
  checkpoint: string,
  project: string
): MissingAccess<C> => {
  const own = changes.filter((change) => change.checkpoint === checkpoint && change.project === project)
  const ends = new Map<string | undefined, C>()
  for (const change of own) {
    // a permission ends once: by its first delete
    if (change.action === "revoke" && !ends.has(change.permission)) ends.set(change.permission, change)
  }
  const revoke = [...ends.values()].reduce<C | undefined>(
    (last, one) => (last && last.at > one.at ? last : one),
    undefined
  )
  const grant = own.findLast(({ action, permission }) => action === "grant" && !ends.has(permission))
  const laterThan = (at: number) =>
    changes.filter(
      (change) =>
        change.action === "revoke" &&
        change.at >= at &&
        (change.checkpoint ?? checkpoint) === checkpoint &&
        (change.project ?? project) === project &&
        (change.checkpoint === undefined || change.project === undefined)
    ).length
  if (grant !== undefined && (revoke === undefined || grant.at >= revoke.at)) {
    return { _tag: "NotRevoked", change: grant, later: laterThan(grant.at) }
  }
  if (revoke !== undefined) return { _tag: "Revoked", change: revoke, later: laterThan(revoke.at) }
  return { _tag: "NotGranted", later: laterThan(Number.NEGATIVE_INFINITY) }
}
