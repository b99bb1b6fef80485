/** Sets the day of the last review in the text of a policy, without changing anything else. */
import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import { isAlias, isMap, isNode, isScalar, type Node } from "yaml"
import type { Source } from "../policy/model.ts"
import { type Edit, edited, endOf, type LineChange, lineEnd, lineStart, linesOf, startOf, within } from "./edit.ts"
import { type Read, read } from "./read.ts"
import { isMapping } from "./record.ts"

/** An entry that a user has to change, with its line and the reason. */
type UnchangedEntry = {
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
const add = (text: string, key: Node | undefined, entry: unknown, day: string): Edit | undefined => {
  const first = isMap(entry) ? entry.items[0]?.key : undefined
  if (key === undefined || !isMap(entry) || !isNode(first)) return undefined
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

/** Returns the function that makes the edit for an entry. Its other result is the entry, if a user has to change it. */
const editsOf = (text: string, { locate, nodeAt }: Read, day: string) => {
  const checkpoints = nodeAt(["checkpoints"]).node
  const pairs = new Map(isMap(checkpoints) ? checkpoints.items.map(({ key, value }) => [key, value] as const) : [])
  const aliases = new Set(within(nodeAt([]).node).flatMap((node) => (isAlias(node) ? [node.source] : [])))
  return (checkpoint: string): Either.Either<Edit, UnchangedEntry> => {
    const path = ["checkpoints", checkpoint]
    const { key } = nodeAt(path)
    const leave = (reason: string) => Either.left({ checkpoint, line: locate(path, "key").line, reason })
    const entry = pairs.get(key)
    if (isAlias(entry)) return leave(`it is written as the alias *${entry.source}`)
    const review = nodeAt([...path, "lastReview"]).key
    const written = isMap(entry) ? entry.items.find((pair) => pair.key === review)?.value : undefined
    for (const node of [entry, written]) {
      const anchor = isScalar(node) || isMap(node) ? node.anchor : undefined
      if (anchor !== undefined && aliases.has(anchor)) return leave(`the alias *${anchor} refers to it`)
    }
    const edit = isNode(written) ? replace(text, written, day) : add(text, key, entry, day)
    return edit === undefined ? leave(notAlone) : Either.right(edit)
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
  const isOther = (checkpoint: string) => Object.hasOwn(entries, checkpoint) && dayOf(entries[checkpoint]) !== day
  const toSet = Array.from(new Set(checkpoints)).filter(isOther)
  const [unchanged, found] = Arr.partitionMap(toSet, editsOf(text, before, day))
  const left = new Set(unchanged.map(({ checkpoint }) => checkpoint))
  const set = new Set(toSet.filter((checkpoint) => !left.has(checkpoint)))
  const edits = found.toSorted((one, other) => one.from - other.from)
  const after = read(edited(text, edits))
  const isAlone =
    after.issues.length === 0 &&
    withoutDays(after) === withoutDays(before) &&
    Object.entries(entriesOf(after)).every(
      ([one, entry]) => dayOf(entry) === (set.has(one) ? day : dayOf(entries[one]))
    )
  if (isAlone) return { changes: linesOf(text, edits), unchanged }
  const lineOf = (checkpoint: string) => before.locate(["checkpoints", checkpoint], "key").line
  return { changes: [], unchanged: toSet.map((one) => ({ checkpoint: one, line: lineOf(one), reason: notAlone })) }
}
