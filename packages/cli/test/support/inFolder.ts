import { resolve } from "node:path"
import { SystemError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { NodeContext } from "@effect/platform-node"
import { Effect, Layer } from "effect"

const ofTwoPaths = new Set<string | symbol>(["copy", "copyFile", "link", "rename", "symlink"])

/**
 * Node's services as a process has them that was started in the folder. Concurrent tests share the folder of their
 * process, and cannot change it. Its disk is full after `fullAfter` writes to opened files.
 */
export const inFolder = (
  folder: string,
  fullAfter = Number.POSITIVE_INFINITY,
  description = "ENOSPC"
): Layer.Layer<NodeContext.NodeContext> => {
  let writes = 0
  const full = new SystemError({ module: "FileSystem", method: "write", reason: "Unknown", description })
  const onDisk = (file: FileSystem.File): FileSystem.File =>
    new Proxy(file, {
      get: (target, name) =>
        name === "writeAll"
          ? (bytes: Uint8Array) =>
              Effect.suspend(() => (++writes > fullAfter ? Effect.fail(full) : target.writeAll(bytes)))
          : Reflect.get(target, name)
    })
  const at = (value: unknown) => (typeof value === "string" ? resolve(folder, value) : value)
  const files = (fs: FileSystem.FileSystem): FileSystem.FileSystem =>
    new Proxy(fs, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name)
        if (typeof method !== "function") return method
        if (name === "open") {
          return (path: string, options?: FileSystem.OpenFileOptions) =>
            Effect.map(target.open(resolve(folder, path), options), onDisk)
        }
        return (first: unknown, ...others: ReadonlyArray<unknown>) =>
          method(at(first), ...(ofTwoPaths.has(name) ? others.map(at) : others))
      }
    })
  return Layer.merge(
    Layer.effect(FileSystem.FileSystem, Effect.map(FileSystem.FileSystem, files)),
    Layer.effect(
      Path.Path,
      Effect.map(Path.Path, (path) => ({ ...path, resolve: (...parts) => resolve(folder, ...parts) }))
    )
  ).pipe(Layer.provideMerge(NodeContext.layer))
}
