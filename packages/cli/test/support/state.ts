import type { AccessMatrix } from "@checkpoint-permissions/access"
import { CheckpointId, PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { FileSystem, Error as PlatformError } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { DateTime, Duration, Effect, Layer, Redacted, type Scope } from "effect"
import * as SavedRows from "../../src/internal/state/savedRows.ts"
import type { RowScope } from "../../src/internal/state/scope.ts"

export const checkpoints = (count: number) => Array.from({ length: count }, (_, i) => CheckpointId.make(`ft:c${i}`))

/** A row that was read just now. */
export const rowNow = (checkpoint: CheckpointId, project = "proj_a"): Effect.Effect<AccessMatrix.Row> =>
  Effect.map(DateTime.now, (readAt) => ({
    checkpoint,
    readAt,
    complete: true,
    permissions: [{ id: PermissionId.make("cp_1"), project_id: ProjectId.make(project), created_at: 1 }]
  }))

export const scope: RowScope = {
  command: "audit",
  apiUrl: "https://api.openai.com/v1",
  organization: undefined,
  project: undefined,
  filter: undefined,
  key: Redacted.make("sk-admin-a")
}

/** Who holds what, as long as a process lives. */
export class Machine {
  private readonly held = new Map<string, Process>()
  readonly isHeld = (run: string): boolean => this.held.get(run)?.alive === true
  readonly take = (run: string, by: Process): void => {
    this.held.set(run, by)
  }
  readonly release = (run: string, by: Process): void => {
    if (this.held.get(run) === by) this.held.delete(run)
  }
}

/** A process that can end without a word: what it holds is free then. */
export class Process {
  alive = true
  readonly warnings: Array<string> = []
  private readonly machine: Machine
  constructor(machine: Machine) {
    this.machine = machine
  }

  readonly claim = (run: string): Effect.Effect<boolean, never, Scope.Scope> =>
    Effect.acquireRelease(
      Effect.sync(() => {
        if (this.machine.isHeld(run)) return false
        this.machine.take(run, this)
        return true
      }),
      () => Effect.sync(() => this.machine.release(run, this))
    )

  readonly warn = (message: string): Effect.Effect<void> =>
    Effect.sync(() => {
      this.warnings.push(message)
    })

  readonly open = (folder: string, more: Partial<SavedRows.Options> = {}) =>
    SavedRows.open({
      folder,
      scope,
      checkpoints: checkpoints(10),
      maxAge: Duration.minutes(10),
      claim: this.claim,
      warn: this.warn,
      ...more
    })
}

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
export const filling = (isFull: () => boolean): Layer.Layer<NodeContext.NodeContext> =>
  faulty((fs) => ({
    open: (path, options) =>
      Effect.map(fs.open(path, options), (file) => {
        const writeAll = (bytes: Uint8Array) =>
          isFull()
            ? Effect.zipRight(file.writeAll(bytes.slice(0, bytes.length / 2)), Effect.fail(failure("ENOSPC")))
            : file.writeAll(bytes)
        return new Proxy(file, { get: (target, name) => (name === "writeAll" ? writeAll : Reflect.get(target, name)) })
      })
  }))
