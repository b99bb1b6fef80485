import { byProject, type Granted, oldestFirst } from "./oldest.ts"

/** What a listing showed, page after page: not a snapshot. */
export interface Reading<P extends Granted> {
  /** The oldest first. */
  readonly permissions: ReadonlyArray<P>
  readonly projects: ReadonlyMap<string, readonly [P, ...ReadonlyArray<P>]>
  /** The page on which each was seen last. */
  readonly pages: ReadonlyMap<string, number>
  /** When the listing began, in milliseconds: changes from then on may be missing. */
  readonly readFrom: number
  /** When the last reply came, in milliseconds. */
  readonly readAt: number
}

/** Makes a reading of the pages of a listing, in the order in which they were read. */
export const readingOf = <P extends Granted>(
  pages: Iterable<ReadonlyArray<P>>,
  { readAt, readFrom }: Pick<Reading<P>, "readAt" | "readFrom">
): Reading<P> => {
  const all = [...pages]
  return {
    permissions: all.flat().sort(oldestFirst),
    projects: byProject(all.flat()),
    readFrom,
    readAt,
    pages: new Map(all.flatMap((page, number) => page.map(({ id }) => [id, number] as const)))
  }
}

/**
 * Of several permissions of one project the oldest stays. A younger one may be deleted once both are known to have been
 * there at once. So they were if the oldest was seen on the same page or later, if another permission was seen no later
 * than the oldest that was made in a later second than the younger one, or if the oldest was so in the reading before
 * and is still listed.
 *
 * Otherwise somebody else may have deleted the oldest, which was seen first, before the younger one was made. Where the
 * newest are listed first, that is possible only within the newest second of all, in which the server's order is unknown.
 * So the project is read again before anything of it is deleted.
 */
export const duplicates = <P extends Granted>(reading: Reading<P>, before?: Reading<P>) => {
  const toDelete: Array<P> = []
  const toRead: Array<P["project_id"]> = []
  const pageOf = ({ id }: P): number => reading.pages.get(id) ?? 0
  const wereAtOnce = (oldest: P, younger: P): boolean =>
    pageOf(younger) <= pageOf(oldest) ||
    reading.permissions.some((one) => pageOf(one) <= pageOf(oldest) && one.created_at > younger.created_at)
  for (const [project, now] of reading.projects) {
    const earlier = before?.projects.get(project)
    const isConfirmed = earlier !== undefined && now.some(({ id }) => id === earlier[0].id)
    const [oldest, ...younger] = isConfirmed ? earlier : now
    if (isConfirmed || younger.every((one) => wereAtOnce(oldest, one))) toDelete.push(...younger)
    else toRead.push(oldest.project_id)
  }
  return { toDelete, toRead }
}
