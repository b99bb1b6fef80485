import {
  accessSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmSync,
  type Stats,
  statSync,
  truncateSync,
  writeSync
} from "node:fs"
import { FileSystem, Path, Error as PlatformError } from "@effect/platform"
import { Effect, FiberRef, Layer, Option, type Scheduler } from "effect"

/** One call of Node that waits for nothing, so that no virtual time passes meanwhile. */
const call = <A>(method: string, path: string, perform: () => A): Effect.Effect<A, PlatformError.PlatformError> =>
  Effect.try({
    try: perform,
    catch: (error) =>
      new PlatformError.SystemError({
        reason: error instanceof Error && "code" in error && error.code === "ENOENT" ? "NotFound" : "Unknown",
        module: "FileSystem",
        method,
        pathOrDescriptor: path,
        description: String(error)
      })
  })

const infoOf = (stats: Stats): FileSystem.File.Info => ({
  type: stats.isDirectory() ? "Directory" : "File",
  mtime: Option.none(),
  atime: Option.none(),
  birthtime: Option.none(),
  dev: stats.dev,
  rdev: Option.none(),
  ino: Option.none(),
  mode: stats.mode,
  nlink: Option.none(),
  uid: Option.none(),
  gid: Option.none(),
  size: FileSystem.Size(stats.size),
  blksize: Option.none(),
  blocks: Option.none()
})

const unused = () => Effect.dieMessage("not used")

/** A file that is only written, at its end. */
const opened = (path: string, flag: string, mode: number | undefined) =>
  Effect.map(
    Effect.acquireRelease(
      call("open", path, () => openSync(path, flag, mode)),
      (descriptor) => Effect.sync(() => closeSync(descriptor))
    ),
    (descriptor): FileSystem.File => ({
      [FileSystem.FileTypeId]: FileSystem.FileTypeId,
      fd: FileSystem.FileDescriptor(descriptor),
      stat: unused(),
      sync: call("sync", path, () => fsyncSync(descriptor)),
      seek: unused,
      read: unused,
      readAlloc: unused,
      truncate: unused,
      write: unused,
      writeAll: (bytes) => call("writeAll", path, () => void writeSync(descriptor, bytes))
    })
  )

/** The files of this machine. */
const files: FileSystem.FileSystem = FileSystem.make({
  ...FileSystem.makeNoop({}),
  access: (path) => call("access", path, () => accessSync(path)),
  readFile: (path) => call("readFile", path, () => readFileSync(path)),
  readLink: (path) => call("readLink", path, () => readlinkSync(path)),
  open: (path, options) => opened(path, options?.flag ?? "r", options?.mode),
  stat: (path) => call("stat", path, () => infoOf(statSync(path))),
  truncate: (path, length) => call("truncate", path, () => truncateSync(path, Number(length ?? 0))),
  remove: (path, options) => call("remove", path, () => rmSync(path, options))
})

/** A process that runs an effect in virtual time until it ends or is killed. */
export const startProcess = Effect.fnUntraced(function* <A, E, R>(
  effect: Effect.Effect<A, E, R | FileSystem.FileSystem | Path.Path>
) {
  let isAlive = true
  const scheduler = yield* FiberRef.get(FiberRef.currentScheduler)
  /** What is killed runs no further: no finalizer, and nothing after a wait. */
  const mortal: Scheduler.Scheduler = {
    shouldYield: (fiber) => scheduler.shouldYield(fiber),
    scheduleTask: (task, priority, fiber) =>
      scheduler.scheduleTask(
        () => {
          if (isAlive) task()
        },
        priority,
        fiber
      )
  }
  const context = Layer.merge(Layer.succeed(FileSystem.FileSystem, files), Path.layer)
  const fiber = yield* Effect.forkDaemon(Effect.provide(effect, context)).pipe(Effect.withScheduler(mortal))
  const kill = Effect.sync(() => {
    isAlive = false
  })
  return { fiber, kill }
})
