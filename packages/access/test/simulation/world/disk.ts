/** The disk of a machine, in memory, as Effect's `FileSystem`: files in one folder, and the failures of the disk. */
import { FileSystem } from "@effect/platform"
import { type PlatformError, SystemError, type SystemErrorReason } from "@effect/platform/Error"
import { Effect, Option } from "effect"

interface Node {
  readonly ino: number
  readonly type: "File" | "Directory"
  data: string
  /** The part that a loss of power leaves. */
  durable: string
}

const reasons: Readonly<Record<string, SystemErrorReason>> = { ENOENT: "NotFound", EEXIST: "AlreadyExists" }

const failed = (method: string, path: string, code: "ENOENT" | "EEXIST" | "ENOSPC" | "EIO" | "EINVAL") =>
  new SystemError({
    module: "FileSystem",
    method,
    reason: reasons[code] ?? "Unknown",
    pathOrDescriptor: path,
    description: `${code}: ${method} '${path}'`
  })

const infoOf = ({ data, ino, type }: Node): FileSystem.File.Info => ({
  type,
  mtime: Option.none(),
  atime: Option.none(),
  birthtime: Option.none(),
  dev: 1,
  ino: Option.some(ino),
  mode: 0o600,
  nlink: Option.none(),
  uid: Option.none(),
  gid: Option.none(),
  rdev: Option.none(),
  size: FileSystem.Size(data.length),
  blksize: Option.none(),
  blocks: Option.none()
})

export class Disk {
  /** Bytes that can still be written. */
  free = Number.POSITIVE_INFINITY
  /** True if syncing a file fails. */
  failsToSync = false
  private readonly folder: Node = { ino: 1, type: "Directory", data: "", durable: "" }
  private files = new Map<string, Node>()
  /** The names that a loss of power leaves. */
  private durable = new Map<string, Node>()

  /** Returns the text of a file. */
  text(path: string): string | undefined {
    return this.files.get(path)?.data
  }

  /** Returns the text that is left of a file after a loss of power now. */
  durableText(path: string): string | undefined {
    return this.durable.get(path)?.durable
  }

  /** Keeps a random part of what was not synced. `random` returns numbers from 0 to 1. */
  losePower(random: () => number): void {
    if (random() < 0.5) this.files = new Map(this.durable)
    this.durable = new Map(this.files)
    for (const node of this.files.values()) {
      const { data, durable } = node
      node.data = data.slice(0, durable.length + Math.floor(random() * (data.length - durable.length + 1)))
      node.durable = node.data
    }
  }

  private sync(node: Node, path: string): Effect.Effect<void, PlatformError> {
    if (node.type === "Directory") this.durable = new Map(this.files)
    else if (this.failsToSync) return failed("sync", path, "EIO")
    node.durable = node.data
    return Effect.void
  }

  private open(path: string, flag: FileSystem.OpenFlag): Node | "ENOENT" | "EEXIST" {
    if (flag === "r") return this.folder
    const node = this.files.get(path)
    if (node !== undefined) return flag.includes("x") ? "EEXIST" : node
    const made: Node = { ino: this.files.size + 2, type: "File", data: "", durable: "" }
    this.files.set(path, made)
    return made
  }

  /** Appends as much as there is room for; fails if there is none. Returns how many bytes. */
  private append(node: Node, path: string, text: string): Effect.Effect<number, PlatformError> {
    const written = Math.min(text.length, this.free)
    if (written === 0) return failed("writeAll", path, "ENOSPC")
    node.data += text.slice(0, written)
    this.free -= written
    return Effect.succeed(written)
  }

  /**
   * Returns the file system as a process sees it. `later` runs the work of the operating system: after the call of the
   * process, concurrently with others, and even if the process is killed before.
   */
  fileSystem(later: (task: () => void) => void): FileSystem.FileSystem {
    const call = <A>(run: () => Effect.Effect<A, PlatformError>) =>
      Effect.async<A, PlatformError>((resume) => later(() => resume(run())))
    const unused = Effect.dieMessage("no journal needs this")
    const opened = (path: string, node: Node): FileSystem.File => {
      let position = 0
      const writeAll = (text: string): Effect.Effect<void, PlatformError> =>
        Effect.flatMap(
          call(() => this.append(node, path, text)),
          (written) => (written < text.length ? writeAll(text.slice(written)) : Effect.void)
        )
      return {
        [FileSystem.FileTypeId]: FileSystem.FileTypeId,
        fd: FileSystem.FileDescriptor(node.ino),
        stat: call(() => Effect.succeed(infoOf(node))),
        seek: (offset) =>
          Effect.sync(() => {
            position = Number(offset)
          }),
        sync: call(() => this.sync(node, path)),
        read: () => unused,
        readAlloc: (size) =>
          call(() =>
            Effect.succeed(Option.some(new TextEncoder().encode(node.data.slice(position, position + Number(size)))))
          ),
        truncate: () => unused,
        write: () => unused,
        writeAll: (bytes) => writeAll(new TextDecoder().decode(bytes))
      }
    }
    return FileSystem.makeNoop({
      chmod: () => call(() => Effect.void),
      open: (path, { flag = "r" } = {}) =>
        call(() => {
          const node = this.open(path, flag)
          return typeof node === "string" ? failed("open", path, node) : Effect.succeed(opened(path, node))
        }),
      readLink: (path) => call(() => failed("readLink", path, this.files.has(path) ? "EINVAL" : "ENOENT")),
      stat: (path) =>
        call(() => {
          const node = this.files.get(path)
          return node === undefined ? failed("stat", path, "ENOENT") : Effect.succeed(infoOf(node))
        })
    })
  }
}
