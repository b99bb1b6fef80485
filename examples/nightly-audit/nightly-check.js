// The same on the library, going by the audit log: prints what differs from policy.yaml and from the night before, and
// who did it. Exit code: 0 nothing was seen, 3 something was, 4 not everything could be read.
import { Access, AccessMatrix, AccessPolicy, Drift, History } from "@checkpoint-permissions/access"
import { CheckpointPermissions, Organization } from "@checkpoint-permissions/client"
import { FileSystem } from "@effect/platform"
import { NodeContext, NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"

const [, , policyFile = "policy.yaml", auditFile = "audit.json"] = process.argv

const check = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const policy = yield* AccessPolicy.load([policyFile])
  const checkpoints = (yield* AccessPolicy.resolve(policy)).map(({ checkpoint }) => checkpoint)
  // The first night reads everything.
  const previous = (yield* fs.exists(auditFile))
    ? yield* Effect.flatMap(fs.readFileString(auditFile), (text) => AccessMatrix.fromJson(text))
    : yield* Access.audit(checkpoints)
  const again = yield* History.auditAgain(previous, { checkpoints })
  const drift = yield* Drift.make(previous, again, policy)
  if (again.why !== undefined) yield* Console.error(`everything was read: ${History.reasonOf(again.why)}`)
  if (Drift.isSeen(drift)) yield* Console.log(Drift.toJson(drift))
  // Last, so that what was not told is seen again the next night.
  yield* fs.writeFileString(`${auditFile}.new`, AccessMatrix.toJson(drift.matrix), { mode: 0o600 })
  yield* fs.rename(`${auditFile}.new`, auditFile)
  process.exitCode = Drift.isUnread(drift) ? 4 : Drift.isSeen(drift) ? 3 : 0
})

const services = Access.layer.pipe(
  Layer.provide(CheckpointPermissions.layerConfig()),
  Layer.merge(Organization.layerConfig()),
  Layer.provide(NodeHttpClient.layerUndici),
  Layer.merge(NodeContext.layer)
)

NodeRuntime.runMain(Effect.provide(check, services))
