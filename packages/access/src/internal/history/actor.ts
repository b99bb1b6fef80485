/** The actor of a change, and its text. */
import { printable } from "@checkpoint-permissions/protocol/text"
import * as Schema from "effect/Schema"

const text = Schema.optionalWith(Schema.String, { exact: true })

export const Actor = Schema.Struct({
  /** The id of a key. */
  key: text,
  /** Its name and owner, where the list of admin keys has them. */
  keyName: text,
  keyOwner: text,
  /** The e-mail address of a user, or else the id of a user or service account. */
  user: text,
  /** The id of the user, where `user` is an e-mail address. */
  userId: text,
  /** The user agent of a session, browser or program: one line of at most 60 characters. */
  agent: text
}).annotations({ identifier: "ChangeActor" })

export interface Actor extends Schema.Schema.Type<typeof Actor> {}

/**
 * Returns an actor on one line: `ann@example.com (Mozilla/5.0 …)` for a session, `key_1 (nightly) of ci-bot` for a key,
 * `unknown` if the log names neither.
 */
export const formatActor = ({ agent, key, keyName, keyOwner, user }: Actor): string => {
  const owner = user ?? keyOwner
  const shown = agent === undefined ? "" : ` (${printable(agent)})`
  if (key === undefined) return `${owner === undefined ? "unknown" : printable(owner)}${shown}`
  const name = keyName === undefined ? "" : ` (${printable(keyName)})`
  return `${printable(key)}${name}${owner === undefined ? "" : ` of ${printable(owner)}`}`
}
