/** Edits of a policy's text, by the ranges of its YAML nodes, as changes of whole lines. */
import { isMap, isNode, isSeq, type Node } from "yaml"

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

/** A part of a text to replace, by offsets. */
export interface Edit {
  readonly from: number
  readonly to: number
  readonly text: string
}

export const startOf = (node: Node): number => node.range?.[0] ?? 0
export const endOf = (node: Node): number => node.range?.[1] ?? 0

/** Returns a node and all nodes below it. Does not follow aliases. */
export const within = (node: unknown): ReadonlyArray<Node> => {
  if (!isNode(node)) return []
  if (isMap(node)) return [node, ...node.items.flatMap(({ key, value }) => [...within(key), ...within(value)])]
  return isSeq(node) ? [node, ...node.items.flatMap(within)] : [node]
}

export const lineStart = (text: string, offset: number): number => text.lastIndexOf("\n", offset - 1) + 1

export const lineEnd = (text: string, offset: number): number => {
  const end = text.indexOf("\n", offset)
  return end === -1 ? text.length : end + 1
}

/** Returns a text after edits. The edits are in order and do not overlap. */
export const edited = (text: string, edits: ReadonlyArray<Edit>): string => {
  const parts = edits.map((edit, index) => text.slice(edits[index - 1]?.to ?? 0, edit.from) + edit.text)
  return parts.join("") + text.slice(edits.at(-1)?.to ?? 0)
}

/** Returns the line of an offset, from 1. */
export const lineAt = (text: string, offset = text.length): number => text.slice(0, offset).split("\n").length

const splitLines = (text: string): ReadonlyArray<string> => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

/** Returns edits as changes of whole lines. Neighboring lines are one change. New lines leave the line after them. */
export const linesOf = (text: string, edits: ReadonlyArray<Edit>): ReadonlyArray<LineChange> => {
  const changes: Array<{ readonly from: number; to: number; readonly edits: Array<Edit> }> = []
  for (const edit of edits) {
    const from = lineStart(text, edit.from)
    const isNewLine = edit.from === edit.to && edit.text.endsWith("\n")
    const to = isNewLine ? from : lineEnd(text, Math.max(edit.from, edit.to - 1))
    const last = changes.at(-1)
    if (last === undefined || last.to < from) changes.push({ from, to, edits: [edit] })
    else {
      last.to = Math.max(last.to, to)
      last.edits.push(edit)
    }
  }
  let before = { at: 0, line: 1 }
  return changes.map(({ edits, from, to }) => {
    before = { at: from, line: before.line - 1 + lineAt(text.slice(before.at, from)) }
    const inside = edits.map((edit) => ({ ...edit, from: edit.from - from, to: edit.to - from }))
    const lines = text.slice(from, to)
    return { line: before.line, removed: splitLines(lines), added: splitLines(edited(lines, inside)) }
  })
}
