import { FileSystem, type Error as PlatformError } from "@effect/platform"
import { Effect } from "effect"

/** An operation, before it is carried out; of two names, the new one. */
export interface Operation {
  readonly method: string
  readonly path: string
}

export type Before = (operation: Operation) => Effect.Effect<void, PlatformError.PlatformError>

/** A file system with something before each of the operations that locks use. What is before `/proc` is left alone. */
export const intercepted = (files: FileSystem.FileSystem, before: Before): FileSystem.FileSystem => {
  const at =
    <Rest extends ReadonlyArray<unknown>, A, R>(
      method: string,
      perform: (path: string, ...rest: Rest) => Effect.Effect<A, PlatformError.PlatformError, R>
    ) =>
    (path: string, ...rest: Rest) =>
      path.startsWith("/proc/")
        ? perform(path, ...rest)
        : Effect.zipRight(before({ method, path }), perform(path, ...rest))

  return FileSystem.make({
    ...files,
    readFile: at("readFile", files.readFile),
    readLink: at("readLink", files.readLink),
    writeFile: at("writeFile", files.writeFile),
    stat: at("stat", files.stat),
    makeDirectory: at("makeDirectory", files.makeDirectory),
    link: (from, to) => Effect.zipRight(before({ method: "link", path: to }), files.link(from, to)),
    rename: (from, to) => Effect.zipRight(before({ method: "rename", path: to }), files.rename(from, to)),
    remove: at("remove", files.remove),
    open: (path, options) =>
      Effect.zipRight(before({ method: "open", path }), files.open(path, options)).pipe(
        Effect.map(
          (file): FileSystem.File => ({
            [FileSystem.FileTypeId]: FileSystem.FileTypeId,
            fd: file.fd,
            stat: file.stat,
            sync: file.sync,
            seek: (offset, from) => file.seek(offset, from),
            read: (buffer) => file.read(buffer),
            write: (buffer) => file.write(buffer),
            truncate: (length) => file.truncate(length),
            readAlloc: (size) => Effect.zipRight(before({ method: "readAlloc", path }), file.readAlloc(size)),
            writeAll: (bytes) => Effect.zipRight(before({ method: "writeAll", path }), file.writeAll(bytes))
          })
        )
      )
  })
}
