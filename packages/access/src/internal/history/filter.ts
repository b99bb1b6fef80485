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
  /** Returns true for a session of the owner of a wanted key, if the log never names the key itself. */
  readonly mayBeKey: (by: Actor) => boolean
}

const lower = (texts: ReadonlyArray<string | null | undefined>): ReadonlyArray<string> =>
  texts.flatMap((text) => text?.toLowerCase() ?? [])

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
  const actors = changes.map(({ by }) => by)
  // a session has the address and the id of its user, and a key only the id of its owner
  const addresses = new Map(
    actors.flatMap(({ user, userId }) =>
      user === undefined || userId === undefined ? [] : [[userId.toLowerCase(), user.toLowerCase()]]
    )
  )
  const usersOf = (ids: ReadonlyArray<string | null | undefined>) => lower(ids).map((id) => addresses.get(id) ?? id)
  const all = [
    ...actors.flatMap(({ key: id, keyName: name, keyOwner, user }) =>
      id === undefined ? [] : [{ id, name, owner: { id: user, name: keyOwner, type: undefined } }]
    ),
    ...adminKeys
  ]
  const named = all.filter(({ id, name }) => lower([id, name]).includes(wanted))
  const keys = new Set(lower(named.map(({ id }) => id)))
  const ownerIds = (some: typeof all) => usersOf(some.map(({ owner }) => owner?.id))
  const owned = all.filter(({ owner }) => lower([owner?.name]).includes(wanted))
  const users = new Set([...usersOf([wanted]), ...ownerIds(owned)])
  const owners = new Set(ownerIds(named))
  /** The service accounts, which have no address. */
  const services = new Set(ownerIds(all.filter(({ owner }) => owner?.type === "service_account")))
  const ownerOf = new Map(all.map(({ id, owner }) => [id.toLowerCase(), owner?.id]))
  const isLogged = actors.some(({ key }) => lower([key]).some((id) => keys.has(id)))
  const mayBeKey = (by: Actor) =>
    !isLogged && by.key === undefined && usersOf([by.user, by.userId]).some((id) => owners.has(id))
  const match = (by: Actor): Match => {
    const [key = ""] = lower([by.key])
    const [user] = usersOf([by.user ?? ownerOf.get(key)])
    if (keys.has(key) || usersOf([user, by.userId]).some((id) => users.has(id))) return "yes"
    if (mayBeKey(by) || (user === undefined && by.keyOwner === undefined)) return "unknown"
    const isAddressKnown = user !== undefined && (user.includes("@") || services.has(user))
    return wanted.includes("@") && by.key !== undefined && !isAddressKnown ? "unknown" : "no"
  }
  const texts = new Set(
    [
      ...all.flatMap(({ id, name, owner }) => [id, name, owner?.id, owner?.name]),
      ...actors.flatMap(({ user, userId }) => [user, userId])
    ].flatMap((one) => one ?? [])
  )
  const isKnown = lower([...texts]).includes(wanted)
  return { isKnown, nearest: isKnown ? undefined : similar.nearest(text, texts), match, mayBeKey }
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
 * no checkpoint, project or actor for them. `filter.sessions` counts, among them, those by sessions of the user who owns
 * the key of `by`: OpenAI's log names the user of a key, not the key.
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
  const sessions = possible.filter(({ by }) => actor?.mayBeKey(by) === true && actor.match(by) === "unknown")
  const [of] = sessions.flatMap(({ by: { user, userId } }) => user ?? userId ?? [])
  return {
    ...history,
    filter: {
      ...(checkpoint === undefined ? {} : { checkpoint }),
      ...(project === undefined ? {} : { project }),
      ...(by === undefined ? {} : { by }),
      unknown: possible.length - changes.length,
      ...(of === undefined ? {} : { sessions: { of, changes: sessions.length } })
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
