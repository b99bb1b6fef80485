/** Removes a project from the text of a policy, without changing any other line. */
import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import { isAlias, isMap, isNode, isScalar, isSeq, type Node, type YAMLSeq } from "yaml"
import type { Source } from "../policy/model.ts"
import { fileOfSource } from "./check.ts"
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
import { listsOf } from "./issues.ts"
import { read } from "./read.ts"

/** A line that a user has to change, with the reason. */
export interface Obstacle {
  readonly line: number
  readonly reason: string
}

const field = (node: unknown, key: string): unknown => (isMap(node) ? node.get(key, true) : undefined)

const isProject = (node: unknown, project: string): boolean => isScalar(node) && node.value === project

/** Returns true if an entry of a list is the project, with or without an end. */
const isEntryOf = (entry: unknown, project: string): boolean =>
  isProject(entry, project) || isProject(field(entry, "project"), project)

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
