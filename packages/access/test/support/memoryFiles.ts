import { FileSystem, Error as PlatformError } from "@effect/platform"
import { Clock, Effect, Option } from "effect"

interface Inode {
  readonly ino: number
  readonly kind: "File" | "Directory" | "SymbolicLink"
  readonly uid: number
  readonly mode: number
  bytes: Uint8Array
  mtime: number
}

/** What several processes see in common. */
export class Disk {
  readonly names = new Map<string, Inode>()
  /** What is added to the time, in milliseconds. */
  skew = 0
  /** That of whoever asks if none is set. */
  clock: Clock.Clock | undefined
  #inodes = 0

  make(path: string, kind: Inode["kind"], now: number, { mode = 0o644, uid = 1000, bytes = new Uint8Array() } = {}) {
    this.#inodes += 1
    const inode: Inode = { ino: this.#inodes, kind, uid, mode, bytes, mtime: now + this.skew }
    this.names.set(path, inode)
    return inode
  }

  below(folder: string): ReadonlyArray<string> {
    return [...this.names.keys()].filter((path) => path.startsWith(`${folder}/`)).sort()
  }
}

export interface Process {
  readonly uid?: number
  /** The files below `/proc` that this process sees: contents, and targets of links. */
  readonly proc?: (path: string) => string | undefined
}

const failed = (
  reason: PlatformError.SystemErrorReason,
  method: string,
  path: string
): Effect.Effect<never, PlatformError.PlatformError> =>
  Effect.fail(
    new PlatformError.SystemError({ reason, module: "FileSystem", method, pathOrDescriptor: path, description: reason })
  )

/** The disk as one process sees it: as much of a file system as locks need, one folder deep. */
export const filesOf = (disk: Disk, { proc = () => undefined, uid = 1000 }: Process = {}) => {
  /** Each operation is carried out in one step. */
  const step = <A>(perform: (now: number) => Effect.Effect<A, PlatformError.PlatformError>) =>
    Effect.flatMap(disk.clock?.currentTimeMillis ?? Clock.currentTimeMillis, perform)

  const at = (method: string, path: string) => {
    const inode = disk.names.get(path)
    return inode === undefined ? failed("NotFound", method, path) : Effect.succeed(inode)
  }

  const infoOf = ({ bytes, ino, kind, mode, mtime, uid }: Inode): FileSystem.File.Info => ({
    type: kind,
    mtime: Option.some(new Date(mtime)),
    atime: Option.none(),
    birthtime: Option.none(),
    dev: 1,
    rdev: Option.none(),
    ino: Option.some(ino),
    mode,
    nlink: Option.none(),
    uid: Option.some(uid),
    gid: Option.none(),
    size: FileSystem.Size(bytes.length),
    blksize: Option.none(),
    blocks: Option.none()
  })

  const readFile = (path: string) => {
    const text = proc(path)
    if (text !== undefined) return Effect.succeed(new TextEncoder().encode(text))
    if (path.startsWith("/proc/")) return failed("NotFound", "readFile", path)
    return step(() => Effect.map(at("readFile", path), ({ bytes }) => bytes.slice()))
  }

  const readLink = (path: string) => {
    const target = proc(path)
    if (target !== undefined) return Effect.succeed(target)
    if (path.startsWith("/proc/")) return failed("NotFound", "readLink", path)
    return step(() =>
      Effect.flatMap(at("readLink", path), ({ bytes, kind }) =>
        kind === "SymbolicLink"
          ? Effect.succeed(new TextDecoder().decode(bytes))
          : failed("InvalidData", "readLink", path)
      )
    )
  }

  const writeFile = (path: string, bytes: Uint8Array, options?: FileSystem.WriteFileOptions) =>
    step((now) => {
      if (disk.names.has(path)) return failed("AlreadyExists", "writeFile", path)
      disk.make(path, "File", now, { uid, mode: options?.mode ?? 0o644, bytes: bytes.slice() })
      return Effect.void
    })

  /** A file that is open for reading and writing: the inode, by whatever name. */
  const open = (path: string) =>
    step(() =>
      Effect.map(at("open", path), (inode) => {
        const unused = () => Effect.die(new Error("not used by locks"))
        const file: FileSystem.File = {
          [FileSystem.FileTypeId]: FileSystem.FileTypeId,
          fd: FileSystem.FileDescriptor(inode.ino),
          stat: Effect.sync(() => infoOf(inode)),
          seek: (offset) => Effect.succeed(FileSystem.Size(offset)),
          sync: Effect.void,
          read: unused,
          readAlloc: () => step(() => Effect.succeedSome(inode.bytes.slice())),
          truncate: unused,
          write: unused,
          writeAll: (bytes) =>
            step((now) =>
              Effect.sync(() => {
                inode.bytes = bytes.slice()
                inode.mtime = now + disk.skew
              })
            )
        }
        return file
      })
    )

  return FileSystem.make({
    ...FileSystem.makeNoop({}),
    readFile,
    readLink,
    writeFile,
    open,
    stat: (path) => step(() => Effect.map(at("stat", path), infoOf)),
    makeDirectory: (path) =>
      step((now) =>
        Effect.sync(() => {
          if (!disk.names.has(path)) disk.make(path, "Directory", now, { uid, mode: 0o700 })
        })
      ),
    link: (from, to) =>
      step(() => {
        const inode = disk.names.get(from)
        if (inode === undefined) return failed("NotFound", "link", from)
        if (disk.names.has(to)) return failed("AlreadyExists", "link", to)
        disk.names.set(to, inode)
        return Effect.void
      }),
    rename: (from, to) =>
      step(() => {
        const inode = disk.names.get(from)
        if (inode === undefined) return failed("NotFound", "rename", from)
        // Two names of one file: as POSIX has it, nothing happens.
        if (disk.names.get(to) === inode) return Effect.void
        disk.names.delete(from)
        disk.names.set(to, inode)
        return Effect.void
      }),
    remove: (path) => step(() => (disk.names.delete(path) ? Effect.void : failed("NotFound", "remove", path)))
  })
}
