/** The kinds of violations of a run. */
import type { Ran } from "../trace.ts"

/** The worst first. */
export const kinds = [
  /** It did not end. */
  "endless",
  /** A defect. */
  "died",
  /** A project that all want to have access had none. */
  "none",
  /** A project that must have access has none, or the permission that must stay is gone. */
  "lost",
  /** A permission was deleted that no command was to delete. */
  "deleted",
  /** A project has more permissions than it may. */
  "doubled",
  /** A project that must have no access has it. */
  "kept",
  /** Everything was said to be as wanted, of what was not read or was not so. */
  "false verdict",
  /** A write was claimed that this run did not carry out. */
  "false write",
  /** Something was said of the server that was so at no instant of the reading. */
  "false reading",
  /** A create that was answered was sent again. */
  "resent",
  /** It failed though nothing, or too little, went wrong. */
  "failed"
] as const

export type Kind = (typeof kinds)[number]

export interface Violation {
  readonly kind: Kind
  readonly text: string
  readonly run?: Ran | undefined
}

export const violation =
  (run: Ran | undefined) =>
  (kind: Kind, text: string): Violation => ({ kind, text, run })
