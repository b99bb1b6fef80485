/** The filter of a history. An actor is found among those of the changes and the admin keys. */
import type { AdminKey } from "@checkpoint-permissions/core/Organization"
import * as similar from "@checkpoint-permissions/protocol/nearest"
import type { Actor, Change, History } from "./changes.ts"

/** The result of comparing a value with a filter: `"unknown"` if the log lacks the value. */
type Match = "yes" | "no" | "unknown"

interface Resolved {
  /** False if neither a change nor an admin key has this text. */
  readonly isKnown: boolean
  /** The most similar text of an actor, if the text is unknown. */
  readonly nearest: string | undefined
  readonly match: (by: Actor) => Match
}

const lower = (texts: ReadonlyArray<string | null | undefined>): ReadonlyArray<string> =>
  texts.flatMap((text) => text?.toLowerCase() ?? [])

const isEmail = (text: string): boolean => text.includes("@")

/**
 * Resolves an e-mail address, the id of a user, or the id, name or owner of a key. A user means also the sessions and all
 * keys of that user; the name of a key means this key only.
 */
const resolveActor = (
  text: string,
  changes: ReadonlyArray<Change>,
  adminKeys: ReadonlyArray<AdminKey> = []
): Resolved => {
  const wanted = text.toLowerCase()
  const users = new Set<string>()
  const keys = new Set<string>()
  const has = (set: ReadonlySet<string>, texts: ReadonlyArray<string>) => texts.some((one) => set.has(one))
  const add = (set: Set<string>, texts: ReadonlyArray<string>) => {
    for (const one of texts) set.add(one)
  }
  for (const { id, name, owner } of adminKeys) {
    if (lower([id, name]).includes(wanted)) add(keys, lower([id]))
    if (lower([owner?.id, owner?.name]).includes(wanted)) add(users, lower([owner?.id]))
  }
  for (const { by } of changes) {
    if (lower([by.key, by.keyName]).includes(wanted)) add(keys, lower([by.key]))
    if (lower([by.user, by.userId, by.keyOwner]).includes(wanted)) add(users, lower([by.user, by.userId]))
  }
  // a session has the address and the id of its user, and a key only the id of its owner
  for (const { by } of changes) {
    if (has(users, lower([by.user, by.userId]))) add(users, lower([by.user, by.userId]))
  }
  for (const { id, owner } of adminKeys) if (has(users, lower([owner?.id]))) add(keys, lower([id]))
  const named = changes.flatMap(({ by }) => (by.userId === undefined || by.user === undefined ? [] : [by]))
  const withAddress = new Set(named.map(({ userId = "" }) => userId.toLowerCase()))

  /** The service accounts, which have no address. */
  const services = new Set(
    adminKeys.flatMap(({ owner }) => (owner?.type === "service_account" ? lower([owner.id]) : []))
  )

  const ownerOf = new Map(adminKeys.map(({ id, owner }) => [id.toLowerCase(), owner?.id?.toLowerCase()]))

  const match = (by: Actor): Match => {
    const [key = ""] = lower([by.key])
    const [user = ownerOf.get(key)] = lower([by.user])
    if (keys.has(key) || has(users, lower([by.user, by.userId]))) return "yes"
    if (user === undefined && by.keyOwner === undefined) return "unknown"
    const isAddressKnown = user !== undefined && (isEmail(user) || withAddress.has(user) || services.has(user))
    return isEmail(wanted) && by.key !== undefined && !isAddressKnown ? "unknown" : "no"
  }
  const isKnown = users.size + keys.size > 0
  const all = [
    ...adminKeys.flatMap(({ id, name, owner }) => [id, name, owner?.id, owner?.name]),
    ...changes.flatMap(({ by }) => [by.user, by.userId, by.key, by.keyName, by.keyOwner])
  ].flatMap((one) => one ?? [])
  return { isKnown, nearest: isKnown ? undefined : similar.nearest(text, new Set(all)), match }
}

/** A filter of changes. A missing field matches every change. */
export interface Filter {
  readonly checkpoint?: string | undefined
  readonly project?: string | undefined
  /** An e-mail address, or the id of a user or service account, or the id, name or owner of a key. */
  readonly by?: string | undefined
  /** The admin keys of the organization, to find the keys and the user of `by`. Default: those of the changes only. */
  readonly adminKeys?: ReadonlyArray<AdminKey> | undefined
}

const matchText = (wanted: string | undefined, value: string | undefined): Match => {
  if (wanted === undefined || wanted === value) return "yes"
  return value === undefined ? "unknown" : "no"
}

/**
 * Returns the changes that match every field of a filter. `filter.unknown` counts changes that may match: the log has
 * no checkpoint, project or actor for them.
 *
 * @category questions
 */
export const filter = (history: History, wanted: Filter): History => {
  const { adminKeys, by, checkpoint, project } = wanted
  const actor = by === undefined ? undefined : resolveActor(by, history.changes, adminKeys)
  const matchesOf = (change: Change): ReadonlyArray<Match> => [
    matchText(checkpoint, change.checkpoint),
    matchText(project, change.project),
    actor?.match(change.by) ?? "yes"
  ]
  const possible = history.changes.filter((change) => !matchesOf(change).includes("no"))
  const changes = possible.filter((change) => !matchesOf(change).includes("unknown"))
  return {
    ...history,
    filter: {
      ...(checkpoint === undefined ? {} : { checkpoint }),
      ...(project === undefined ? {} : { project }),
      ...(by === undefined ? {} : { by }),
      unknown: possible.length - changes.length
    },
    changes
  }
}

/**
 * Returns true if a change or an admin key has the actor of a filter, and otherwise the most similar actor, if there is
 * one.
 *
 * @category questions
 */
export const knows = (
  { changes }: Pick<History, "changes">,
  { adminKeys, by }: Pick<Filter, "adminKeys" | "by">
): { readonly isKnown: boolean; readonly nearest?: string } => {
  if (by === undefined) return { isKnown: true }
  const { isKnown, nearest } = resolveActor(by, changes, adminKeys)
  return nearest === undefined ? { isKnown } : { isKnown, nearest }
}
