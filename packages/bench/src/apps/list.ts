/** An application that lists, over `fetch`: key and server from the environment, each project on a line. */
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"

const program = CheckpointPermissions.stream("ft:bench:10").pipe(
  Stream.runForEach((permission) => Effect.sync(() => console.log(permission.project_id)))
)

const layer = CheckpointPermissions.layerConfig().pipe(Layer.provide(FetchHttpClient.layer))

Effect.runPromise(Effect.provide(program, layer))
