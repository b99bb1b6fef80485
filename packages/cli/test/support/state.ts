import { FileSystem, Error as PlatformError } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Effect, Layer } from "effect"

/** The file system of Node, of which some calls do something else. */
export const faulty = (
  change: (fs: FileSystem.FileSystem) => Partial<FileSystem.FileSystem>
): Layer.Layer<NodeContext.NodeContext> =>
  Layer.effect(
    FileSystem.FileSystem,
    Effect.map(FileSystem.FileSystem, (fs) => ({ ...fs, ...change(fs) }))
  ).pipe(Layer.provideMerge(NodeContext.layer))

export const failure = (code: string, reason: PlatformError.SystemErrorReason = "Unknown") =>
  new PlatformError.SystemError({
    module: "FileSystem",
    method: "open",
    reason,
    description: `${code}: no`,
    pathOrDescriptor: "file"
  })

/** The disk is full while `isFull` says so: of each write a half is done. */
export const filling = (isFull: (path: string) => boolean): Layer.Layer<NodeContext.NodeContext> =>
  faulty((fs) => ({
    open: (path, options) =>
      Effect.map(fs.open(path, options), (file) => {
        const writeAll = (bytes: Uint8Array) =>
          isFull(path)
            ? Effect.zipRight(file.writeAll(bytes.slice(0, bytes.length / 2)), Effect.fail(failure("ENOSPC")))
            : file.writeAll(bytes)
        return new Proxy(file, { get: (target, name) => (name === "writeAll" ? writeAll : Reflect.get(target, name)) })
      })
  }))
