import { FileSystem, Path } from "@effect/platform"
import { Effect, FiberRef, Layer, type Scheduler } from "effect"

/** Files in memory: no virtual time passes while one is read or written. */
export const memoryFiles = (): FileSystem.FileSystem => {
  const files = new Map<string, Array<Uint8Array>>()
  const unused = () => Effect.dieMessage("not used")
  /** A file that is only written, at its end. */
  const opened = (path: string): FileSystem.File => ({
    [FileSystem.FileTypeId]: FileSystem.FileTypeId,
    fd: FileSystem.FileDescriptor(0),
    stat: unused(),
    sync: Effect.void,
    seek: unused,
    read: unused,
    readAlloc: unused,
    truncate: unused,
    write: unused,
    writeAll: (bytes) => Effect.sync(() => void files.set(path, [...(files.get(path) ?? []), bytes]))
  })
  return FileSystem.makeNoop({
    access: () => Effect.void,
    exists: (path) => Effect.sync(() => files.has(path)),
    readFile: (path) => Effect.sync(() => Buffer.concat(files.get(path) ?? [])),
    open: (path) => Effect.sync(() => opened(path)),
    remove: (path) => Effect.sync(() => void files.delete(path))
  })
}

/** A process that runs an effect in virtual time until it ends or is killed. */
export const startProcess = Effect.fnUntraced(function* <A, E, R>(
  files: FileSystem.FileSystem,
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
