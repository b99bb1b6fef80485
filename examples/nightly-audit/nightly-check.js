// The same on the library: prints what differs from policy.yaml, and who did it, as JSON. Exit code: 0 nothing differs,
// 3 something does, 4 not everything could be read.
import { Access, AccessPolicy, Drift } from "@checkpoint-permissions/access"
import { CheckpointPermissions, Organization } from "@checkpoint-permissions/client"
import { NodeContext, NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"

const [, , policyFile = "policy.yaml"] = process.argv

const check = Effect.gen(function* () {
  const drift = yield* Drift.read(yield* AccessPolicy.load([policyFile]))
  if (drift.exitCode !== 0) yield* Console.log(Drift.toJson(drift))
  process.exitCode = drift.exitCode
})

const access = Layer.provide(Access.layer, CheckpointPermissions.layerConfig())
const services = Layer.merge(access, Organization.layerConfig()).pipe(
  Layer.provide(NodeHttpClient.layerUndici),
  Layer.merge(NodeContext.layer)
)

NodeRuntime.runMain(Effect.provide(check, services))
