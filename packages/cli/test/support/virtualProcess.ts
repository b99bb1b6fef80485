import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
  writeSync
} from "node:fs"
import { FileSystem, Path, Error as PlatformError } from "@effect/platform"
import { Effect, FiberRef, Layer, Option, type Scheduler } from "effect"

const reasons: Readonly<Record<string, PlatformError.SystemErrorReason>> = {
  ENOENT: "NotFound",
  EEXIST: "AlreadyExists",
  EACCES: "PermissionDenied"
}

/** One call of Node that waits for nothing, so that no virtual time passes meanwhile. */
const call = <A>(method: string, path: string, perform: () => A): Effect.Effect<A, PlatformError.PlatformError> =>
  Effect.try({
    try: perform,
    catch: (error) => {
      const code = error instanceof Error && "code" in error ? String(error.code) : ""
      return new PlatformError.SystemError({
        reason: reasons[code] ?? "Unknown",
        module: "FileSystem",
        method,
        pathOrDescriptor: path,
        description: String(error)
      })
    }
  })

const infoOf = (stats: Stats): FileSystem.File.Info => ({
  type: stats.isDirectory() ? "Directory" : "File",
  mtime: Option.some(stats.mtime),
  atime: Option.none(),
  birthtime: Option.none(),
  dev: stats.dev,
  rdev: Option.none(),
  ino: Option.some(stats.ino),
  mode: stats.mode,
  nlink: Option.none(),
  uid: Option.some(stats.uid),
  gid: Option.none(),
  size: FileSystem.Size(stats.size),
  blksize: Option.none(),
  blocks: Option.none()
})

const unused = () => Effect.dieMessage("not used")

const opened = (path: string, flag: string, mode: number | undefined) =>
  Effect.map(
    Effect.acquireRelease(
      call("open", path, () => openSync(path, flag, mode)),
      (descriptor) => Effect.sync(() => closeSync(descriptor))
    ),
    (descriptor): FileSystem.File => {
      let position = 0
      return {
        [FileSystem.FileTypeId]: FileSystem.FileTypeId,
        fd: FileSystem.FileDescriptor(descriptor),
        stat: call("stat", path, () => infoOf(fstatSync(descriptor))),
        sync: call("sync", path, () => fsyncSync(descriptor)),
        seek: (offset) =>
          Effect.sync(() => {
            position = Number(offset)
            return FileSystem.Size(position)
          }),
        read: unused,
        readAlloc: (size) =>
          call("readAlloc", path, () => {
            const bytes = new Uint8Array(Number(size))
            const count = readSync(descriptor, bytes, 0, bytes.length, position)
            position += count
            return count === 0 ? Option.none() : Option.some(bytes.slice(0, count))
          }),
        truncate: unused,
        write: unused,
        writeAll: (bytes) =>
          call("writeAll", path, () => {
            position += writeSync(descriptor, bytes, 0, bytes.length, flag === "a" ? null : position)
          })
      }
    }
  )

/** The files of this machine, where `/proc` is what `proc` says. */
const files = (proc: (path: string) => string | undefined): FileSystem.FileSystem =>
  FileSystem.make({
    ...FileSystem.makeNoop({}),
    readFile: (path) => {
      const text = proc(path)
      if (text !== undefined) return Effect.succeed(new TextEncoder().encode(text))
      return call("readFile", path, () => readFileSync(path.startsWith("/proc/") ? "/proc/nothing" : path))
    },
    readLink: (path) => {
      const target = proc(path)
      return target === undefined ? call("readLink", path, () => readlinkSync(path)) : Effect.succeed(target)
    },
    writeFile: (path, bytes, options) =>
      call("writeFile", path, () => writeFileSync(path, bytes, { flag: options?.flag, mode: options?.mode })),
    open: (path, options) => opened(path, options?.flag ?? "r", options?.mode),
    stat: (path) => call("stat", path, () => infoOf(statSync(path))),
    readDirectory: (path) => call("readDirectory", path, () => readdirSync(path)),
    makeDirectory: (path, options) => call("makeDirectory", path, () => void mkdirSync(path, options)),
    link: (from, to) => call("link", to, () => linkSync(from, to)),
    rename: (from, to) => call("rename", to, () => renameSync(from, to)),
    remove: (path, options) => call("remove", path, () => rmSync(path, options))
  })

/** Processes on one machine in virtual time. */
export class VirtualMachine {
  private readonly alive = new Set<number>()
  private last = 0

  /** A process that runs an effect until it ends or is killed. */
  readonly start = Effect.fnUntraced(function* <A, E, R>(
    this: VirtualMachine,
    effect: Effect.Effect<A, E, R | FileSystem.FileSystem | Path.Path>
  ) {
    this.last += 1
    const pid = this.last
    this.alive.add(pid)
    const isAlive = () => this.alive.has(pid)
    const scheduler = yield* FiberRef.get(FiberRef.currentScheduler)
    /** What is killed runs no further: no finalizer, and nothing after a wait. */
    const mortal: Scheduler.Scheduler = {
      shouldYield: (fiber) => scheduler.shouldYield(fiber),
      scheduleTask: (task, priority, fiber) =>
        scheduler.scheduleTask(
          () => {
            if (isAlive()) task()
          },
          priority,
          fiber
        )
    }
    const proc = (path: string): string | undefined => {
      const stat = (of: number) => `${of} (node) S${" 0".repeat(18)} ${of}00 0`
      const [, of] = /^\/proc\/(\d+)\/stat$/.exec(path) ?? []
      if (of !== undefined) return this.alive.has(Number(of)) ? stat(Number(of)) : undefined
      return new Map([
        ["/proc/self/stat", stat(pid)],
        ["/proc/self/status", `NSpid:\t${pid}\n`],
        ["/proc/self/ns/pid", "pid:[1]"],
        ["/proc/sys/kernel/random/boot_id", "boot"],
        ["/proc/sys/kernel/hostname", "host"]
      ]).get(path)
    }
    const context = Layer.merge(Layer.succeed(FileSystem.FileSystem, files(proc)), Path.layer)
    const fiber = yield* Effect.forkDaemon(Effect.provide(effect, context)).pipe(Effect.withScheduler(mortal))
    return { fiber, kill: Effect.sync(() => void this.alive.delete(pid)) }
  })
}
