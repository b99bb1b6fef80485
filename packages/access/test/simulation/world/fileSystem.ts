/** A disk in memory as Effect's `FileSystem`. */
import { FileSystem } from "@effect/platform"
import { type PlatformError, SystemError, type SystemErrorReason } from "@effect/platform/Error"
import { Effect, Option } from "effect"
import { type Code, type Disk, DiskError, type Node } from "./disk.ts"

const reasons: Partial<Record<Code, SystemErrorReason>> = {
  ENOENT: "NotFound",
  EACCES: "PermissionDenied",
  EEXIST: "AlreadyExists",
  EISDIR: "BadResource",
  ENOTDIR: "BadResource"
}

const words: Partial<Record<Code, string>> = {
  ENOENT: "no such file or directory",
  EEXIST: "file already exists",
  ENOSPC: "no space left on device",
  EIO: "i/o error"
}

const failed = (method: string, path: string | number, { code }: DiskError): PlatformError =>
  new SystemError({
    module: "FileSystem",
    method,
    reason: reasons[code] ?? "Unknown",
    pathOrDescriptor: path,
    description: `${code}: ${words[code] ?? "not possible"}, ${method} '${path}'`
  })

const infoOf = (disk: Disk, node: Node): FileSystem.File.Info => ({
  type: node.kind === "file" ? "File" : "Directory",
  mtime: Option.none(),
  atime: Option.none(),
  birthtime: Option.none(),
  dev: disk.dev,
  ino: Option.some(node.ino),
  mode: node.mode | (node.kind === "directory" ? 0o040000 : 0o100000),
  nlink: Option.none(),
  uid: Option.some(node.uid),
  gid: Option.some(node.uid),
  rdev: Option.none(),
  size: FileSystem.Size(node.kind === "file" ? node.data.length : 0),
  blksize: Option.none(),
  blocks: Option.none()
})

/**
 * The disk as a process sees it. `later` runs what the operating system does: after the process has asked for it, among
 * whatever else happens at that time, and even when the process does not live to see it.
 */
export const make = (disk: Disk, later: (task: () => void) => void): FileSystem.FileSystem => {
  let descriptors = 3

  const call = <A>(method: string, path: string | number, run: () => A): Effect.Effect<A, PlatformError> =>
    Effect.async((resume) =>
      later(() => {
        try {
          resume(Effect.succeed(run()))
        } catch (error) {
          resume(error instanceof DiskError ? Effect.fail(failed(method, path, error)) : Effect.die(error))
        }
      })
    )

  const fileOf = (node: Node, flag: FileSystem.OpenFlag): FileSystem.File => {
    const fd = FileSystem.FileDescriptor(descriptors++)
    const isAppending = flag.startsWith("a")
    const turn = Effect.unsafeMakeSemaphore(1).withPermits(1)
    let position = 0

    const read = (method: string, size: number) =>
      turn(
        call(method, fd, () => {
          if (node.kind !== "file") throw new DiskError("EISDIR", String(fd))
          const bytes = node.data.slice(position, position + size)
          position += bytes.length
          return bytes
        })
      )
    const writeOnce = (method: string, bytes: Uint8Array) =>
      call(method, fd, () => {
        const written = disk.write(node, bytes, isAppending ? "end" : position)
        if (!isAppending) position += written
        return written
      })
    const writeAll = (bytes: Uint8Array): Effect.Effect<void, PlatformError> =>
      Effect.flatMap(writeOnce("writeAll", bytes), (written) =>
        written < bytes.length ? writeAll(bytes.subarray(written)) : Effect.void
      )

    return {
      [FileSystem.FileTypeId]: FileSystem.FileTypeId,
      fd,
      stat: call("stat", fd, () => infoOf(disk, node)),
      seek: (offset, from) =>
        turn(
          Effect.sync(() => {
            position = from === "start" ? Number(offset) : position + Number(offset)
          })
        ),
      sync: call("sync", fd, () => disk.sync(node)),
      read: (buffer) =>
        Effect.map(read("read", buffer.length), (bytes) => {
          buffer.set(bytes)
          return FileSystem.Size(bytes.length)
        }),
      readAlloc: (size) =>
        Effect.map(read("readAlloc", Number(size)), (bytes) =>
          bytes.length === 0 ? Option.none() : Option.some(bytes)
        ),
      truncate: () => Effect.dieMessage("nothing is cut off"),
      write: (bytes) => turn(Effect.map(writeOnce("write", bytes), (written) => FileSystem.Size(written))),
      writeAll: (bytes) => turn(writeAll(bytes))
    }
  }

  const opened = (method: string, path: string, flag: FileSystem.OpenFlag, mode: number) =>
    call(method, path, () => fileOf(disk.open(path, flag, mode), flag))

  return FileSystem.make({
    ...FileSystem.makeNoop({}),
    chmod: (path, mode) => call("chmod", path, () => disk.chmod(path, mode)),
    makeDirectory: (path, options) =>
      call("makeDirectory", path, () => disk.makeDirectory(path, options?.mode ?? 0o777)),
    open: (path, options) =>
      Effect.acquireRelease(opened("open", path, options?.flag ?? "r", options?.mode ?? 0o666), () => Effect.void),
    readFile: (path) =>
      call("readFile", path, () => {
        const node = disk.open(path, "r", 0)
        if (node.kind !== "file") throw new DiskError("EISDIR", path)
        return node.data.slice()
      }),
    readLink: (path) =>
      call("readLink", path, () => {
        throw new DiskError(disk.has(path) ? "EINVAL" : "ENOENT", path)
      }),
    stat: (path) => call("stat", path, () => infoOf(disk, disk.node(path)))
  })
}
