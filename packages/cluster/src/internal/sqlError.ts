/** What an error of a database says. */
import type { SqlError } from "@effect/sql/SqlError"

export const codeOf = ({ cause }: SqlError): string =>
  cause instanceof Error && "code" in cause ? String(cause.code) : ""

/** What the database says, on one line. */
export const reasonOf = ({ cause, message }: SqlError): string => {
  const reason = cause instanceof Error && cause.message !== "" ? cause.message : message
  return reason.replace(/\s+/g, " ").slice(0, 300)
}

/**
 * Others were at it in the same moment, and the database gave this statement up: serialization, deadlock, lock timeout,
 * a table or its type made twice; SQLite's locks.
 */
export const isContention = (error: SqlError): boolean =>
  /^(?:40001|40P01|55P03|23505|42P07|42710|SQLITE_BUSY.*|SQLITE_LOCKED.*)$/.test(codeOf(error))
