import { isAlias, isMap, isNode, isScalar, isSeq, type Node, type Scalar, type YAMLMap } from "yaml"
import { oneLine, shown } from "../text.ts"
import type { Path } from "./issues.ts"
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
  /** Where the value at a path stands, or its key. */
  readonly locate: (path: Path, part: "key" | "value") => Position
  /** What stands at a path, as it is written, where YAML takes it for something else than text. */
  readonly source: (path: Path) => string | undefined
}

/** A value with its key, as far as they are written. */
interface Entry {
  readonly key: Node | undefined
  readonly node: Node | undefined
}

const start: Position = { line: 1, column: 1 }

const asNode = (value: unknown): Node | undefined => (isNode(value) ? value : undefined)

const isText = (key: unknown): key is Scalar<string> => isScalar(key) && typeof key.value === "string"

const notAKey = (key: Node | undefined): string => {
  if (!isScalar(key)) return "a key has to be text: write it as one"
  const source = key.source ?? ""
  if (source === "") return "a key is missing before the colon: write it"
  return `the key ${oneLine(source, 80)} is not text to YAML: write ${shown(source, 600)}`
}

/** What a node holds under a name. */
const entryIn = (node: Node | undefined, name: PropertyKey): Entry | undefined => {
  if (isSeq(node)) {
    return typeof name === "number" && name < node.items.length
      ? { key: undefined, node: asNode(node.items[name]) }
      : undefined
  }
  const pair = isMap(node) ? node.items.find(({ key }) => isText(key) && key.value === name) : undefined
  return pair && { key: asNode(pair.key), node: asNode(pair.value) }
}

/** Reads the text of a policy, in YAML or JSON, into plain values. */
export const read = (text: string): Read => {
  const { contents, faults, positionAt } = readYaml(text)
  const found: Array<Found> = faults.map(({ offset, message }) => ({ position: positionAt(offset), path: [], message }))
  let readable = faults.every(({ harmless }) => harmless)

  const positionOf = (node: Node | undefined): Position | undefined =>
    node?.range ? positionAt(node.range[0]) : undefined

  const minds = (node: Node | undefined, path: Path, message: string): void => {
    found.push({ position: positionOf(node) ?? start, path, message })
  }

  const entriesOf = (map: YAMLMap, path: Path): ReadonlyArray<readonly [string, unknown]> => {
    const firsts = new Map<string, Node>()
    return map.items.flatMap(({ key, value }) => {
      const node = asNode(key)
      if (!isText(node)) {
        if (isAlias(node)) plain(node, path)
        else minds(node, path, notAKey(node))
        plain(value, path)
        return []
      }
      const name = node.value
      if (name === "<<" && node.type === "PLAIN") {
        minds(node, path, "merge keys (<<) are not read: write the keys out, or use a group")
        return []
      }
      const inner = plain(value, [...path, name])
      const first = firsts.get(name)
      if (first === undefined) {
        firsts.set(name, node)
        return [[name, inner] as const]
      }
      const line = positionOf(first)?.line ?? 1
      const what = path.length === 1 && path[0] === "checkpoints" ? "the checkpoint" : "the key"
      const message = `${what} ${shown(name, 600)} is here twice, first on line ${line}: make one of the two`
      minds(node, [...path, name], message)
      return []
    })
  }

  const plain = (node: unknown, path: Path): unknown => {
    if (isAlias(node)) {
      minds(node, path, `the alias *${node.source} is not read: write it out, or use a group`)
      readable = false
    }
    if (isMap(node)) return Object.fromEntries(entriesOf(node, path))
    if (isSeq(node)) return node.items.map((item, index) => plain(item, [...path, index]))
    return isScalar(node) ? node.value : null
  }

  const root = asNode(contents)
  const value = readable ? plain(root, []) : undefined
  if (readable && (value === null || value === undefined)) {
    minds(undefined, [], "the file is empty: begin it with version: 1")
    readable = false
  }

  /** What a path leads to, or the last that there is on the way. */
  const walk = (path: Path): Entry & { readonly isWhole: boolean } => {
    let last: Entry = { key: undefined, node: root }
    for (const name of path) {
      const next = entryIn(last.node, name)
      if (next === undefined) return { ...last, isWhole: false }
      last = next
    }
    return { ...last, isWhole: true }
  }

  const locate: Read["locate"] = (path, about) => {
    const { key, node } = walk(path)
    // A value that is left out has no place but its key's.
    const isLeftOut = isScalar(node) && node.value === null && (node.source ?? "") === ""
    const [first, second] = about === "key" || isLeftOut ? [key, node] : [node, key]
    return positionOf(first) ?? positionOf(second) ?? start
  }

  const source: Read["source"] = (path) => {
    const { isWhole, node } = walk(path)
    return isWhole && isScalar(node) && typeof node.value !== "string" ? node.source : undefined
  }

  return { value, found, readable, locate, source }
}
