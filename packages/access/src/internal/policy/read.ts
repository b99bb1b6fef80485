import { isAlias, isMap, isNode, isScalar, isSeq, type Node, type Pair, type YAMLMap } from "yaml"
import { oneLine, shown } from "../text.ts"
import { type Path, pathText } from "./issues.ts"
import { type Position, readYaml } from "./yaml.ts"

/** A mistake of a file, in its place. */
export interface Found {
  readonly position: Position
  readonly path: Path
  readonly message: string
}

/** What a file holds, as plain values, and where each part of it stands. */
export interface Read {
  readonly value: unknown
  readonly found: ReadonlyArray<Found>
  /** False when the text could not be read as YAML: nothing is known of its contents then. */
  readonly readable: boolean
  /** Paths (as `pathText` has them) whose value is not known, so that nothing more can be said of it. */
  readonly broken: ReadonlySet<string>
  /** Where the value at a path stands, or its key. */
  readonly locate: (path: Path, part: "key" | "value") => Position
  /** What stands at a path, as it is written, where YAML takes it for something else than text. */
  readonly source: (path: Path) => string | undefined
}

/** Entries that aliases may stand for, beyond those that are written out. */
const mostByAlias = 1_000_000

interface Converted {
  readonly value: unknown
  readonly size: number
}

const start: Position = { line: 1, column: 1 }

const notAKey = (key: Node | undefined): string => {
  if (!isScalar(key)) return "a key has to be text: write it as one"
  const source = key.source ?? ""
  if (source === "") return "a key is missing before the colon: write it"
  return `the key ${oneLine(source, 80)} is not text to YAML: write ${shown(source, 600)}`
}

/** Reads the text of a policy, in YAML or JSON, into plain values. */
export const read = (text: string): Read => {
  const { contents, faults, positionAt } = readYaml(text)
  const found: Array<Found> = faults.map(({ offset, message }) => ({ position: positionAt(offset), path: [], message }))
  const readable = faults.every(({ harmless }) => harmless)
  const broken = new Set<string>()
  const nothing: Read = {
    value: undefined,
    found,
    readable,
    broken,
    locate: () => start,
    source: () => undefined
  }
  if (!readable) return nothing

  const anchors = new Map<string, Node>()
  const targets = new Map<Node, Node>()
  const converted = new Map<Node, Converted>()
  const pairs = new Map<Node, Map<string, Pair>>()
  const open = new Set<Node>()
  let written = 0

  const positionOf = (node: unknown): Position | undefined =>
    isNode(node) && node.range ? positionAt(node.range[0]) : undefined

  const minds = (node: Node | null, path: Path, message: string): void => {
    found.push({ position: positionOf(node) ?? start, path, message })
  }

  /** The node itself, or what its alias stands for. */
  const target = (node: unknown): Node | undefined => {
    if (isAlias(node)) return targets.get(node)
    return isMap(node) || isSeq(node) || isScalar(node) ? node : undefined
  }

  /** The text of a key, once aliases are known. */
  const keyOf = (pair: Pair): string | undefined => {
    const key = target(pair.key)
    return isScalar(key) && typeof key.value === "string" ? key.value : undefined
  }

  const follow = (node: Node, name: string, path: Path): Converted => {
    const anchored = anchors.get(name)
    if (anchored === undefined) minds(node, path, `*${name} stands for nothing: there is no &${name} before it`)
    else if (open.has(anchored)) minds(node, path, `*${name} stands within what it stands for: take it out`)
    else {
      targets.set(node, anchored)
      return converted.get(anchored) ?? { value: null, size: 1 }
    }
    broken.add(pathText(path))
    return { value: null, size: 1 }
  }

  const entriesOf = (map: YAMLMap, path: Path): Converted => {
    const entries = new Map<string, unknown>()
    const byKey = new Map<string, Pair>()
    pairs.set(map, byKey)
    let size = 1
    for (const pair of map.items) {
      const keyNode = isNode(pair.key) ? pair.key : null
      if (keyNode !== null) convert(keyNode, path)
      const key = keyOf(pair)
      const inner = convert(pair.value, key === undefined ? path : [...path, key])
      size += inner.size
      if (key === undefined) {
        minds(keyNode, path, notAKey(target(keyNode)))
        continue
      }
      if (key === "<<" && isScalar(keyNode) && keyNode.type === "PLAIN") {
        minds(keyNode, path, "merge keys (<<) are not read: write the keys out, or use a group")
        continue
      }
      const first = byKey.get(key)
      if (first !== undefined) {
        const line = positionOf(first.key)?.line ?? 1
        const what = path.length === 1 && path[0] === "checkpoints" ? "the checkpoint" : "the key"
        const message = `${what} ${shown(key, 600)} is here twice, first on line ${line}: make one of the two`
        minds(keyNode, [...path, key], message)
        continue
      }
      byKey.set(key, pair)
      entries.set(key, inner.value)
    }
    return { value: Object.fromEntries(entries), size }
  }

  const convert = (node: unknown, path: Path): Converted => {
    if (isAlias(node)) return follow(node, node.source, path)
    if (!isMap(node) && !isSeq(node) && !isScalar(node)) return { value: null, size: 1 }
    written += 1
    if (node.anchor !== undefined) anchors.set(node.anchor, node)
    open.add(node)
    let result: Converted
    if (isScalar(node)) result = { value: node.value, size: 1 }
    else if (isMap(node)) result = entriesOf(node, path)
    else {
      const items = node.items.map((item, index) => convert(item, [...path, index]))
      result = { value: items.map(({ value }) => value), size: items.reduce((sum, { size }) => sum + size, 1) }
    }
    open.delete(node)
    converted.set(node, result)
    return result
  }

  const { value, size } = convert(contents, [])
  if (size > written + mostByAlias) {
    minds(contents, [], `aliases make more than ${mostByAlias} entries of this file: use groups instead`)
    return { ...nothing, readable: false }
  }
  if (value === null || value === undefined) {
    minds(null, [], "the file is empty: begin it with version: 1")
    return { ...nothing, readable: false }
  }

  /** The pair or item that each part of a path leads to. */
  const walk = (path: Path): ReadonlyArray<{ readonly key: Node | undefined; readonly value: Node | undefined }> => {
    const steps: Array<{ readonly key: Node | undefined; readonly value: Node | undefined }> = []
    let node: Node | undefined = target(contents)
    for (const part of path) {
      const at: Node | undefined = node
      if (isMap(at)) {
        const pair = pairs.get(at)?.get(String(part))
        node = target(pair?.value)
        steps.push({ key: isAlias(pair?.key) ? pair.key : target(pair?.key), value: node })
      } else if (isSeq(at) && typeof part === "number") {
        node = target(at.items[part])
        steps.push({ key: undefined, value: node })
      } else break
    }
    return steps
  }

  const locate: Read["locate"] = (path, part) => {
    const steps = walk(path)
    const last = steps.at(-1)
    if (last === undefined) return positionOf(contents) ?? start
    // A value that is left out has no place but its key's.
    const empty = isScalar(last.value) && last.value.value === null && (last.value.source ?? "") === ""
    const exact = part === "key" || empty ? (positionOf(last.key) ?? positionOf(last.value)) : positionOf(last.value)
    return exact ?? positionOf(last.key) ?? start
  }

  const source: Read["source"] = (path) => {
    const steps = walk(path)
    const node = steps.length === path.length ? steps.at(-1)?.value : undefined
    return isScalar(node) && typeof node.value !== "string" ? node.source : undefined
  }

  return { value, found, readable, broken, locate, source }
}
