/** Removes a project from the text of a policy, without changing any other line. */
import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import { isAlias, isMap, isNode, isScalar, isSeq, type Node, type YAMLSeq } from "yaml"
import type { Source } from "../policy/model.ts"
import { fileOfSource } from "./check.ts"
import { listsOf } from "./issues.ts"
import { read } from "./read.ts"

/**
 * A change of neighboring lines of a text. Lines include their line breaks.
 *
 * @category models
 */
export interface LineChange {
  /** The first changed line, from 1. */
  readonly line: number
  readonly removed: ReadonlyArray<string>
  readonly added: ReadonlyArray<string>
}

/** A line that a user has to change, with the reason. */
export interface Obstacle {
  readonly line: number
  readonly reason: string
}

/** A part of a text to replace, by offsets. */
interface Edit {
  readonly from: number
  readonly to: number
  readonly text: string
}

const startOf = (node: Node): number => node.range?.[0] ?? 0
const endOf = (node: Node): number => node.range?.[1] ?? 0

/** Returns a node and all nodes below it. Does not follow aliases. */
const within = (node: unknown): ReadonlyArray<Node> => {
  if (!isNode(node)) return []
  if (isMap(node)) return [node, ...node.items.flatMap(({ key, value }) => [...within(key), ...within(value)])]
  return isSeq(node) ? [node, ...node.items.flatMap(within)] : [node]
}

const field = (node: unknown, key: string): unknown => (isMap(node) ? node.get(key, true) : undefined)

const isProject = (node: unknown, project: string): boolean => isScalar(node) && node.value === project

/** Returns true if an entry of a list is the project, with or without an end. */
const isEntryOf = (entry: unknown, project: string): boolean =>
  isProject(entry, project) || isProject(field(entry, "project"), project)

const lineStart = (text: string, offset: number): number => text.lastIndexOf("\n", offset - 1) + 1

const lineEnd = (text: string, offset: number): number => {
  const end = text.indexOf("\n", offset)
  return end === -1 ? text.length : end + 1
}

/**
 * Returns the edits of a list in brackets. An entry is removed with the comma after it, the last entries with the comma
 * before them.
 */
const flowListEdits = ({ items }: YAMLSeq<Node>, project: string): ReadonlyArray<Edit> => {
  const lastKept = items.findLastIndex((item) => !isEntryOf(item, project))
  return items.flatMap((item, index) => {
    const [before, next] = [items[index - 1], items[index + 1]]
    if (!isEntryOf(item, project)) return []
    if (index < lastKept && next !== undefined) return [{ from: startOf(item), to: startOf(next), text: "" }]
    return [{ from: before === undefined ? startOf(item) : endOf(before), to: endOf(item), text: "" }]
  })
}

/** Returns the edits of a list with one entry per line. Whole lines are removed. */
const blockListEdits = (text: string, key: Node, list: YAMLSeq<Node>, project: string): ReadonlyArray<Edit> => {
  const gone = list.items.filter((item) => isEntryOf(item, project))
  const edits = gone.map((item) => {
    const last = Math.max(...within(item).filter(isScalar).map(endOf))
    return { from: lineStart(text, startOf(item)), to: lineEnd(text, last - 1), text: "" }
  })
  if (gone.length === 0 || gone.length < list.items.length) return edits
  // the key of a list without entries needs a value
  const colon = text.indexOf(":", endOf(key)) + 1
  return [{ from: colon, to: colon, text: " []" }, ...edits]
}

/** Returns a text after edits. The edits are in order and do not overlap. */
const edited = (text: string, edits: ReadonlyArray<Edit>): string =>
  edits.reduceRight((rest, edit) => rest.slice(0, edit.from) + edit.text + rest.slice(edit.to), text)

/** Returns the line of an offset, from 1. */
const lineAt = (text: string, offset: number): number => text.slice(0, offset).split("\n").length

const splitLines = (text: string): ReadonlyArray<string> => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

/** Returns edits as changes of whole lines. Neighboring lines are one change. */
const linesOf = (text: string, edits: ReadonlyArray<Edit>): ReadonlyArray<LineChange> => {
  const changes: Array<{ readonly from: number; to: number; readonly edits: Array<Edit> }> = []
  for (const edit of edits) {
    const from = lineStart(text, edit.from)
    const to = lineEnd(text, Math.max(edit.from, edit.to - 1))
    const last = changes.at(-1)
    if (last === undefined || last.to < from) changes.push({ from, to, edits: [edit] })
    else {
      last.to = Math.max(last.to, to)
      last.edits.push(edit)
    }
  }
  return changes.map(({ edits, from, to }) => {
    const inside = edits.map((edit) => ({ ...edit, from: edit.from - from, to: edit.to - from }))
    const lines = text.slice(from, to)
    return { line: lineAt(text, from), removed: splitLines(lines), added: splitLines(edited(lines, inside)) }
  })
}

/**
 * Returns the changed lines if a project is removed from all lists of a policy. Fails with the lines that a user has to
 * change, since the project is an owner, or since an alias prevents the removal. Also fails for an invalid policy.
 *
 * @category meaning
 */
export const withoutProject = (
  source: Source,
  project: string
): Either.Either<ReadonlyArray<LineChange>, Arr.NonEmptyReadonlyArray<Obstacle>> => {
  const { text } = source
  // not `fileOfSource`: its offsets are those after a byte order mark
  const { nodeAt, value } = read(text)
  const at = (node: Node, reason: string): Obstacle => ({ line: lineAt(text, startOf(node)), reason })
  const nodes = within(nodeAt([]).node)
  const hasProject = (node: Node): boolean => within(node).some((one) => isProject(one, project))
  const anchors = new Set(
    nodes.flatMap((node) => (!isAlias(node) && node.anchor !== undefined && hasProject(node) ? [node.anchor] : []))
  )
  const obstacles = [
    ...nodes.flatMap((node) =>
      isAlias(node) && anchors.has(node.source)
        ? [at(node, `*${node.source} is an alias of entries with the project`)]
        : []
    ),
    ...nodes.flatMap((node) => {
      const owner = field(node, "owner")
      return isNode(owner) && isProject(owner, project) ? [at(owner, "it is the owner")] : []
    })
  ]
  if (Arr.isNonEmptyReadonlyArray(obstacles)) return Either.left(obstacles)
  const edits = listsOf(value)
    .flatMap(({ path }) => {
      const { key, node } = nodeAt(path)
      if (key === undefined || !isSeq<Node>(node)) return []
      return node.flow === true ? flowListEdits(node, project) : blockListEdits(text, key, node, project)
    })
    .sort((one, other) => one.from - other.from)
  const left = fileOfSource({ ...source, text: edited(text, edits) })
  const isOut =
    left.issues.length === 0 && listsOf(left.value).every(({ items }) => items.every((item) => item.text !== project))
  return isOut
    ? Either.right(linesOf(text, edits))
    : Either.left([{ line: 1, reason: "the project cannot be removed alone" }])
}
