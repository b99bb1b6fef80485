/** Finds the users and keys that a text means, among the actors of changes and the admin keys. */
import type { AdminKey } from "@checkpoint-permissions/core/Organization"
import * as similar from "@checkpoint-permissions/protocol/nearest"
import type { Actor, Change } from "./model.ts"

/** The result of comparing a value with a filter: `"unknown"` if the log lacks the value. */
export type Match = "yes" | "no" | "unknown"

/** The users and keys that a text means. */
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
export const resolveActor = (
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

  const match = (by: Actor): Match => {
    if (has(keys, lower([by.key])) || has(users, lower([by.user, by.userId]))) return "yes"
    if (by.user === undefined && by.keyOwner === undefined) return "unknown"
    const [user = ""] = lower([by.user])
    const isAddressKnown = isEmail(user) || withAddress.has(user) || services.has(user)
    return isEmail(wanted) && by.key !== undefined && !isAddressKnown ? "unknown" : "no"
  }
  const isKnown = users.size + keys.size > 0
  const all = [
    ...adminKeys.flatMap(({ id, name, owner }) => [id, name, owner?.id, owner?.name]),
    ...changes.flatMap(({ by }) => [by.user, by.userId, by.key, by.keyName, by.keyOwner])
  ].flatMap((one) => one ?? [])
  return { isKnown, nearest: isKnown ? undefined : similar.nearest(text, new Set(all)), match }
}
