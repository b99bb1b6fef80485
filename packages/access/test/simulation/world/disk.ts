/**
 * The disk of a machine, in memory: files and directories, what of them
 * is on the disk for good, and what goes wrong with it. Nothing here takes time;
 * `fileSystem.ts` makes Effect's service of it.
 */

export type Code = "ENOENT" | "EEXIST" | "EACCES" | "EISDIR" | "ENOTDIR" | "ENOSPC" | "EBADF" | "EINVAL" | "EIO"

/** An operation fails, as the operating system names it. */
export class DiskError extends Error {
  readonly code: Code
  readonly path: string

  constructor(code: Code, path: string) {
    super(`${code}: ${path}`)
    this.code = code
    this.path = path
  }
}

interface Common {
  readonly ino: number
  uid: number
  mode: number
}

export interface FileNode extends Common {
  readonly kind: "file"
  data: Uint8Array
  /** What is left after a loss of power. */
  durable: Uint8Array
}

export interface DirectoryNode extends Common {
  readonly kind: "directory"
  entries: Map<string, Node>
  /** What is left after a loss of power. */
  durable: Map<string, Node>
}

export type Node = FileNode | DirectoryNode

const nothing = new Uint8Array()

const startsWith = (data: Uint8Array, start: Uint8Array): boolean =>
  data.length >= start.length && start.every((byte, n) => byte === data[n])

/** A name in a directory, whether or not something has it. */
interface Place {
  readonly directory: DirectoryNode
  readonly name: string
  readonly node: Node | undefined
}

export class Disk {
  /** The number of the device. */
  readonly dev: number
  /** Who uses it. */
  readonly uid: number
  /** Bytes that can still be written. */
  free = Number.POSITIVE_INFINITY
  /** Whether bringing a file to the disk for good fails. */
  failsToSync = false
  private inos = 1
  private readonly root: DirectoryNode

  constructor(dev: number, uid: number) {
    this.dev = dev
    this.uid = uid
    this.root = this.newDirectory(0o777)
  }

  private newDirectory(mode: number): DirectoryNode {
    const node: DirectoryNode = {
      kind: "directory",
      entries: new Map(),
      durable: new Map(),
      ...this.common(mode)
    }
    return node
  }

  private common(mode: number): Common {
    return { ino: this.inos++, uid: this.uid, mode }
  }

  private place(path: string): Place {
    const names = path.split("/").filter((name) => name !== "" && name !== ".")
    let directory = this.root
    for (const name of names.slice(0, -1)) {
      const node = directory.entries.get(name)
      if (node === undefined) throw new DiskError("ENOENT", path)
      if (node.kind !== "directory") throw new DiskError("ENOTDIR", path)
      directory = node
    }
    const name = names.at(-1)
    return name === undefined
      ? { directory, name: ".", node: directory }
      : { directory, name, node: directory.entries.get(name) }
  }

  /** What is at a path. */
  node(path: string): Node {
    const { node } = this.place(path)
    if (node === undefined) throw new DiskError("ENOENT", path)
    return node
  }

  private may(node: Node, bits: number, path: string): void {
    const granted = node.uid === this.uid ? node.mode >> 6 : node.mode
    if ((granted & bits) !== bits) throw new DiskError("EACCES", path)
  }

  private put({ directory, name }: Place, node: Node, path: string): void {
    this.may(directory, 2, path)
    directory.entries.set(name, node)
  }

  open(path: string, flag: string, mode: number): Node {
    const place = this.place(path)
    const { node } = place
    const writes = flag !== "r"
    if (node === undefined) {
      if (flag.startsWith("r")) throw new DiskError("ENOENT", path)
      const made: FileNode = { kind: "file", data: nothing, durable: nothing, ...this.common(mode & ~0o022) }
      this.put(place, made, path)
      return made
    }
    if (flag.includes("x")) throw new DiskError("EEXIST", path)
    if (node.kind === "directory" && writes) throw new DiskError("EISDIR", path)
    this.may(node, (writes ? 2 : 0) | (flag === "r" || flag.includes("+") ? 4 : 0), path)
    if (flag.startsWith("w") && node.kind === "file") node.data = nothing
    return node
  }

  /** Writes as much as there is room for; fails if that is nothing. Returns how many bytes. */
  write(node: Node, bytes: Uint8Array, position: number | "end"): number {
    if (node.kind !== "file") throw new DiskError("EBADF", String(node.ino))
    const at = position === "end" ? node.data.length : position
    const grown = Math.max(0, at + bytes.length - node.data.length)
    const written = grown > this.free ? Math.max(0, bytes.length - (grown - this.free)) : bytes.length
    if (written === 0 && bytes.length > 0) throw new DiskError("ENOSPC", String(node.ino))
    const data = new Uint8Array(Math.max(node.data.length, at + written))
    data.set(node.data)
    data.set(bytes.subarray(0, written), at)
    this.free -= data.length - node.data.length
    node.data = data
    return written
  }

  sync(node: Node): void {
    if (this.failsToSync && node.kind === "file") throw new DiskError("EIO", String(node.ino))
    if (node.kind === "file") node.durable = node.data
    if (node.kind === "directory") node.durable = new Map(node.entries)
  }

  has(path: string): boolean {
    try {
      this.node(path)
      return true
    } catch (error) {
      if (error instanceof DiskError) return false
      throw error
    }
  }

  makeDirectory(path: string, mode: number): void {
    const place = this.place(path)
    if (place.node !== undefined) throw new DiskError("EEXIST", path)
    this.put(place, this.newDirectory(mode & ~0o022), path)
  }

  chmod(path: string, mode: number): void {
    this.node(path).mode = mode
  }

  /** The text of a file as it is. */
  text(path: string): string | undefined {
    if (!this.has(path)) return undefined
    const node = this.node(path)
    return node.kind === "file" ? new TextDecoder().decode(node.data) : undefined
  }

  /** The text of a file as it certainly is after a loss of power now. */
  durableText(path: string): string | undefined {
    let node: Node | undefined = this.root
    for (const name of path.split("/").filter((part) => part !== "")) {
      node = node?.kind === "directory" ? node.durable.get(name) : undefined
    }
    return node?.kind === "file" ? new TextDecoder().decode(node.durable) : undefined
  }

  /** Everything that is there is there for good. */
  settle(): void {
    const visit = (node: Node): void => {
      this.sync(node)
      if (node.kind === "directory") for (const child of node.entries.values()) visit(child)
    }
    visit(this.root)
  }

  /**
   * What was not brought to the disk for good is there in part, or not at all:
   * of a file that has grown any beginning, of another file or a directory the
   * old or the new. `random` gives numbers from 0 to 1.
   */
  losePower(random: () => number): void {
    const seen = new Set<Node>()
    const visit = (node: Node): void => {
      if (seen.has(node)) return
      seen.add(node)
      if (node.kind === "file") {
        const { data, durable } = node
        const kept = durable.length + Math.floor(random() * (data.length - durable.length + 1))
        node.data = startsWith(data, durable) ? data.slice(0, kept) : random() < 0.5 ? data : durable
        node.durable = node.data
      }
      if (node.kind === "directory") {
        if (random() < 0.5) node.entries = new Map(node.durable)
        node.durable = new Map(node.entries)
        for (const child of node.entries.values()) visit(child)
      }
    }
    visit(this.root)
  }
}
