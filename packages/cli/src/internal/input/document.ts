/** Files that commands of this program read and write, told apart by their text. */
import { printable } from "@checkpoint-permissions/access/TerminalText"
import type { FileSystem } from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import { type Failed, WrongUse } from "../failure.ts"
import type { Screen } from "../terminal/screen.ts"
import { readText } from "./files.ts"

/** What each is, and where it goes. */
const kinds = {
  policy: "a policy: pass it as --file to plan or apply, or as --from to audit, export or revoke --everywhere",
  plan: "a plan, as plan --out saves it: pass it to apply --plan",
  audit: "an audit, as audit --json prints it: pass it as --from, or to diff",
  csv: "an audit as CSV, which only audit writes: pass one that audit --json printed",
  page: "the page of an audit, which only audit writes: pass an audit that audit --json printed",
  inventory: "an inventory, as discover --out saves it: pass it as --from, or as --inventory to audit",
  diff: "a difference, as diff --json prints it: pass one of the audits that it compares",
  row: "a file of rows, as --resume of audit or plan writes it: pass it as --resume",
  journal: "a journal, as apply --journal writes it: pass it as --journal to history or drift"
}

export type Kind = keyof typeof kinds

const formats: ReadonlyArray<readonly [Kind, RegExp]> = [
  ["row", /^\s*\{"format":"checkpoint-permissions\/row"/],
  ["journal", /^\s*\{[^\n]*"event":"(intent|result|found)"/],
  ["plan", /^\s*\{[\s\S]*"format"\s*:\s*"checkpoint-permissions\/plan"/],
  ["audit", /^\s*\{[\s\S]*"format"\s*:\s*"checkpoint-permissions\/matrix"/],
  ["inventory", /^\s*\{[\s\S]*"format"\s*:\s*"checkpoint-permissions\/inventory"/],
  ["diff", /^\s*\{[\s\S]*"format"\s*:\s*"checkpoint-permissions\/diff"/],
  ["csv", /^checkpoint,(read_at|project),/],
  ["page", /^<!doctype html>[\s\S]{0,600}trusted-types 'none'/]
]

/** A mapping, in YAML or JSON, that has both keys of its own. */
const isPolicy = (text: string): boolean => {
  const lines = /^\s*\{/.test(text) ? text.replace(/[{,]/g, "\n") : text
  return /^\s*"?version"?\s*:/m.test(lines) && /^\s*"?checkpoints"?\s*:/m.test(lines)
}

/** None of a text that this program neither writes nor reads under such a name. */
export const kindOf = (text: string): Kind | undefined =>
  formats.find(([, format]) => format.test(text))?.[0] ?? (isPolicy(text) ? "policy" : undefined)

export interface Document {
  readonly text: string
  /** How messages name it. */
  readonly name: string
}

/** Refuses what is evidently of another kind, and says where that goes. */
export const checkKind = (name: string, text: string, accepted: ReadonlyArray<Kind>): Effect.Effect<void, WrongUse> => {
  const kind = kindOf(text)
  return kind === undefined || accepted.includes(kind)
    ? Effect.void
    : new WrongUse({ message: `${printable(name)} is ${kinds[kind]}` })
}

/** Reads a file, or standard input by the name `-`, which is not evidently of another kind. */
export const readDocument = (
  what: string,
  path: string,
  accepted: ReadonlyArray<Kind>
): Effect.Effect<Document, WrongUse | Failed, FileSystem | Screen> =>
  Effect.flatMap(readText(what, path), (text) => {
    const name = path === "-" ? "standard input" : path
    return Effect.as(checkKind(name, text, accepted), { text, name })
  })
