import { type Alias, isAlias, isMap, isNode, isScalar, isSeq, type Node, type YAMLMap, type YAMLSeq } from "yaml"
import { formatValue, singleLine } from "../text/words.ts"
import { type Path, pathText } from "./issues.ts"
import { type Position, readYaml } from "./yaml.ts"

export interface LocatedIssue {
  readonly position: Position
  readonly path: Path
  readonly message: string
}

export interface Read {
  readonly value: unknown
  readonly issues: Array<LocatedIssue>
  /** False if the text is not readable as YAML. Its content is unknown then. */
  readonly readable: boolean
  /** Paths (in the form of `pathText`) whose value is unknown. Further issues there are ignored. */
  readonly unknownPaths: ReadonlySet<string>
  readonly locate: (path: Path, part: "key" | "value") => Position
  readonly nodeAt: (path: Path) => Pick<Part, "key" | "node">
}

export const noPosition: Position = { line: 0, column: 0 }

/** Makes the content of a value without a text. A value with issues is not readable. */
export const withoutText = (value: unknown, issues: Array<LocatedIssue>): Read => ({
  value,
  issues,
  readable: issues.length === 0,
  unknownPaths: new Set(),
  locate: () => noPosition,
  nodeAt: () => empty
})

/** The maximum length of all targets of aliases, in UTF-16 units. Each alias is checked as if its target were there. */
const maxAliasText = 20_000_000

interface Part {
  /** The key in the text. Missing for the entry of a list. */
  readonly key?: Node | undefined
  /** Missing if there is no value, or if an alias has no target. */
  readonly node: Node | undefined
  readonly value: unknown
  readonly entries: ReadonlyMap<string, Part>
}

/** An anchor. It has no part while its node is being read. `length` includes the targets of aliases in it. */
interface Anchor {
  part?: Part
  length: number
}

const empty: Part = { node: undefined, value: null, entries: new Map() }

const collectionOf = (node: YAMLMap | YAMLSeq, entries: ReadonlyMap<string, Part>): Part => {
  const values = Array.from(entries, ([key, { value }]) => [key, value] as const)
  return {
    node,
    value: isMap(node) ? Object.fromEntries(values) : values.map(([, value]) => value),
    entries
  }
}

const start: Position = { line: 1, column: 1 }

const notAKey = (key: Node | undefined): string => {
  if (!isScalar(key)) return "a key has to be text: write it as one"
  const source = key.source ?? ""
  if (source === "") return "a key is missing before the colon: write it"
  return `the key ${singleLine(source, 80)} is not text in YAML: write ${formatValue(source, 600)}`
}

export const read = (text: string): Read => {
  const { contents, issues, positionAt } = readYaml(text)
  const found = issues.map(({ offset, message }): LocatedIssue => ({ position: positionAt(offset), path: [], message }))
  if (!issues.every(({ isRecoverable }) => isRecoverable)) return withoutText(undefined, found)

  const unknownPaths = new Set<string>()

  /** The last anchor with each name so far. */
  const anchors = new Map<string, Anchor>()
  let aliasText = 0

  const positionOf = (node: Node | undefined): Position | undefined =>
    node?.range ? positionAt(node.range[0]) : undefined

  const report = (node: Node | undefined, path: Path, message: string): void => {
    found.push({ position: positionOf(node) ?? start, path, message })
  }

  const follow = (alias: Alias, path: Path): Part => {
    const name = alias.source
    const anchor = anchors.get(name)
    if (anchor?.part !== undefined) {
      aliasText += anchor.length
      return anchor.part
    }
    const message =
      anchor === undefined
        ? `*${name} is an alias without an anchor: there is no &${name} before it`
        : `*${name} is inside the node that it refers to: remove it`
    report(alias, path, message)
    unknownPaths.add(pathText(path))
    return empty
  }

  const mappingOf = (map: YAMLMap, path: Path): Part => {
    const entries = new Map<string, Part>()
    for (const pair of map.items) {
      const keyNode = isNode(pair.key) ? pair.key : undefined
      const { node, value: key } = convert(keyNode, path)
      const isText = isScalar(node) && typeof key === "string"
      const part = convert(pair.value, isText ? [...path, key] : path)
      const first = isText ? entries.get(key) : undefined
      if (!isText) report(keyNode, path, notAKey(node))
      else if (key === "<<" && isScalar(keyNode) && keyNode.type === "PLAIN") {
        report(keyNode, path, "merge keys (<<) are not supported: write the keys out, or use a group")
      } else if (first !== undefined) {
        const line = positionOf(first.key)?.line ?? 1
        const what = path.length === 1 && path[0] === "checkpoints" ? "the checkpoint" : "the key"
        const message = `${what} ${formatValue(key, 600)} is repeated, first on line ${line}: merge the two`
        report(keyNode, [...path, key], message)
      } else entries.set(key, { ...part, key: keyNode })
    }
    return collectionOf(map, entries)
  }

  const listOf = (list: YAMLSeq, path: Path): Part => {
    const parts = list.items.map((item, index) => ({ ...convert(item, [...path, index]), key: undefined }))
    return collectionOf(list, new Map(parts.map((part, index) => [String(index), part])))
  }

  const convert = (node: unknown, path: Path): Part => {
    if (isAlias(node)) return follow(node, path)
    if (!isMap(node) && !isSeq(node) && !isScalar(node)) return empty
    const before = aliasText
    const anchor: Anchor = { length: 0 }
    if (node.anchor !== undefined) anchors.set(node.anchor, anchor)
    const part = isMap(node)
      ? mappingOf(node, path)
      : isSeq(node)
        ? listOf(node, path)
        : { ...empty, node, value: node.value }
    const [from, to] = node.range ?? [0, 0]
    anchor.length = to - from + (aliasText - before)
    anchor.part = part
    return part
  }

  const root = convert(contents, [])
  if (aliasText > maxAliasText) {
    report(root.node, [], "its aliases repeat too much text: use groups instead")
    return withoutText(undefined, found)
  }
  if (root.value === null || root.value === undefined) {
    report(undefined, [], "the file is empty: begin it with version: 1")
    return withoutText(undefined, found)
  }

  /** Returns the part at a path. The last key may be missing. Then it returns the part that has no such key. */
  const nodeAt = (path: Path): Part => path.reduce<Part>((part, name) => part.entries.get(String(name)) ?? part, root)

  const locate: Read["locate"] = (path, about) => {
    const { key, node } = nodeAt(path)
    // An omitted value has no position except that of its key.
    const isLeftOut = isScalar(node) && node.value === null && (node.source ?? "") === ""
    const [first, second] = about === "key" || isLeftOut ? [key, node] : [node, key]
    return positionOf(first) ?? positionOf(second) ?? start
  }

  return { value: root.value, issues: found, readable: true, unknownPaths, locate, nodeAt }
}
