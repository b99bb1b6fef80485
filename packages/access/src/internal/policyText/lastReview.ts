/** Sets the day of the last review in the text of a policy, without changing anything else. */
import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import { isAlias, isMap, isNode, isScalar, type Node, type YAMLMap } from "yaml"
import type { Source } from "../policy/model.ts"
import {
  type Edit,
  edited,
  endOf,
  type LineChange,
  lineAt,
  lineEnd,
  lineStart,
  linesOf,
  startOf,
  within
} from "./edit.ts"
import { type Read, read } from "./read.ts"
import { isMapping } from "./record.ts"

/** An entry that a user has to change, with its line and the reason. */
interface UnchangedEntry {
  readonly checkpoint: string
  readonly line: number
  readonly reason: string
}

const notAlone = "its lastReview cannot be changed alone"

/** Returns the edit that sets a day in place of another. Missing if the text writes the other in an unusual form. */
const replace = (text: string, node: Node, day: string): Edit | undefined => {
  const [from, to] = [startOf(node), endOf(node)]
  const before = text.slice(from, to)
  const after = isAlias(node) ? day : before.replace(/\d{4}-\d\d-\d\d/, day)
  return after.includes(day) ? { from, to, text: after } : undefined
}

/**
 * Returns the edit that adds the day as the first key of an entry: on a new line if the first key begins a line, otherwise
 * within the line. Missing for an entry in an unusual form.
 */
const add = (text: string, key: Node, entry: YAMLMap, day: string): Edit | undefined => {
  const first = entry.items[0]?.key
  if (!isNode(first)) return undefined
  const isQuoted = isScalar(first) && first.type === "QUOTE_DOUBLE"
  const setting = isQuoted ? `"lastReview": "${day}"` : `lastReview: ${day}`
  const isFlow = entry.flow === true
  const from = isFlow ? startOf(entry) + 1 : endOf(key)
  const below = lineEnd(text, from)
  const line = lineStart(text, startOf(first))
  if (below > line) {
    const inLine = text[from] === " " ? ` ${setting},` : `${setting}, `
    return isFlow ? { from, to: from, text: inLine } : undefined
  }
  const [indent = ""] = /^[ \t]*/.exec(text.slice(line)) ?? []
  const hasOnlyComments = text
    .slice(below, line)
    .split("\n")
    .every((one) => /^\s*(#|$)/.test(one))
  if (!isFlow && (line + indent.length < startOf(first) || !hasOnlyComments)) return undefined
  const end = text.slice(0, below).endsWith("\r\n") ? "\r\n" : "\n"
  return { from: below, to: below, text: `${indent}${setting}${isFlow ? "," : ""}${end}` }
}

/** Returns the function that makes the edit for an entry. Its other result is the reason why a user has to make it. */
const editsOf = (text: string, { nodeAt }: Read, day: string) => {
  const checkpoints = nodeAt(["checkpoints"]).node
  const pairs = new Map(isMap(checkpoints) ? checkpoints.items.map(({ key, value }) => [key, value] as const) : [])
  const aliases = new Set(within(nodeAt([]).node).flatMap((node) => (isAlias(node) ? [node.source] : [])))
  return (checkpoint: string): Either.Either<Edit, string> => {
    const path = ["checkpoints", checkpoint]
    const { key } = nodeAt(path)
    const entry = pairs.get(key)
    if (isAlias(entry)) return Either.left(`it is written as the alias *${entry.source}`)
    if (key === undefined || !isMap(entry)) return Either.left(notAlone)
    const review = nodeAt([...path, "lastReview"]).key
    const written = entry.items.find((pair) => pair.key === review)?.value
    for (const node of [entry, written]) {
      const anchor = isScalar(node) || isMap(node) ? node.anchor : undefined
      if (anchor !== undefined && aliases.has(anchor)) return Either.left(`the alias *${anchor} refers to it`)
    }
    const edit = isNode(written) ? replace(text, written, day) : add(text, key, entry, day)
    return Either.fromNullable(edit, () => notAlone)
  }
}

const entriesOf = ({ value }: Read): Readonly<Record<string, unknown>> =>
  isMapping(value) && isMapping(value["checkpoints"]) ? value["checkpoints"] : {}

const dayOf = (entry: unknown): unknown => (isMapping(entry) ? entry["lastReview"] : undefined)

const withoutDays = ({ value }: Read): string =>
  JSON.stringify(value, (key, part: unknown) => (key === "lastReview" ? undefined : part))

/**
 * Returns the changed lines if `lastReview` of these entries is set to a day, and the entries of the text that a user has to
 * change: an alias, the target of an alias, or an unusual form. Checkpoints that are not in the text are ignored.
 *
 * @category meaning
 */
export const withLastReview = (
  { text }: Source,
  checkpoints: Iterable<string>,
  day: string
): { readonly changes: ReadonlyArray<LineChange>; readonly unchanged: ReadonlyArray<UnchangedEntry> } => {
  // offsets are those of the text with its byte order mark
  const before = read(text)
  const entries = entriesOf(before)
  const editOf = editsOf(text, before, day)
  const toSet = new Set(
    Array.from(checkpoints).filter((one) => Object.hasOwn(entries, one) && dayOf(entries[one]) !== day)
  )
  const unchanged = (checkpoint: string, reason: string): UnchangedEntry => {
    const { key } = before.nodeAt(["checkpoints", checkpoint])
    return { checkpoint, line: key === undefined ? 1 : lineAt(text, startOf(key)), reason }
  }
  const [obstacles, found] = Arr.partitionMap(toSet, (checkpoint) =>
    Either.mapBoth(editOf(checkpoint), {
      onLeft: (reason) => unchanged(checkpoint, reason),
      onRight: (edit) => ({ checkpoint, edit })
    })
  )
  const edits = found.map(({ edit }) => edit).sort((one, other) => one.from - other.from)
  const set = new Set(found.map(({ checkpoint }) => checkpoint))
  const after = read(edited(text, edits))
  const isAlone =
    after.issues.length === 0 &&
    withoutDays(after) === withoutDays(before) &&
    Object.entries(entriesOf(after)).every(
      ([one, entry]) => dayOf(entry) === (set.has(one) ? day : dayOf(entries[one]))
    )
  return isAlone
    ? { changes: linesOf(text, edits), unchanged: obstacles }
    : { changes: [], unchanged: [...obstacles, ...Array.from(set, (one) => unchanged(one, notAlone))] }
}
