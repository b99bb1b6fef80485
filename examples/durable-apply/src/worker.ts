/** Applies what was submitted, with the admin key of this machine, until SIGTERM. */
import { Access } from "@checkpoint-permissions/access"
import * as ApplyWorkflow from "@checkpoint-permissions/access/ApplyWorkflow"
import { CheckpointPermissions } from "@checkpoint-permissions/client"
import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Layer } from "effect"
import { engine } from "./engine.ts"

const worker = ApplyWorkflow.layer().pipe(
  Layer.provide(Access.layer),
  Layer.provide(CheckpointPermissions.layerConfig()),
  Layer.provide(NodeHttpClient.layerUndici),
  Layer.provide(engine("worker"))
)

NodeRuntime.runMain(Layer.launch(worker))
